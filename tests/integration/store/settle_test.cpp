#include "integration/store/database.h"
#include "store/admin.h"

namespace tidings::store {
namespace {

struct SettleTest : DatabaseTest {
  bool active(const std::string& recipient) {
    return value("select active from tidings.addresses where recipient = $1", {recipient}) == "t";
  }
  void registerDevice(const std::string& recipient) {
    sql("insert into tidings.addresses (recipient, channel, address) values ($1, 'push', "
        "'device-1') on conflict (recipient, channel, address) do update set active = true",
        {recipient});
  }
  std::string column(const JobClaim& job, const std::string& which) {
    return value("select " + which + " from tidings.deliveries where notification_id = $1",
                 {job.notificationId});
  }
};

TEST_F(SettleTest, WritesAllThatIsKnown) {
  Member worker(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  Settlement sent = settlementOf(job, worker.claim(job), DeliveryState::sent);
  sent.provider = "fcm";
  sent.providerMessageId = "projects/p/messages/0:1";
  worker.settle({sent});
  EXPECT_EQ(column(job, "state"), "sent");
  EXPECT_EQ(column(job, "provider"), "fcm");
  EXPECT_EQ(column(job, "provider_message_id"), "projects/p/messages/0:1");
  EXPECT_EQ(column(job, "attempt"), "1");
  EXPECT_EQ(column(job, "error is null and reason is null and next_attempt_at is null"), "t");
}

TEST_F(SettleTest, ForeignTextIsCleanedAndBounded) {
  Member worker(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  Settlement dead = settlementOf(job, worker.claim(job), DeliveryState::dead);
  dead.error = std::string("a\0b\n\xff", 5) + std::string(5'000, 'x');
  dead.providerMessageId = std::string(5'000, 'y');
  worker.settle({dead});
  EXPECT_EQ(column(job, "octet_length(error) <= 512 and error like 'a b %'"), "t");
  EXPECT_EQ(column(job, "octet_length(provider_message_id)"), "256");
}

TEST_F(SettleTest, OnceSettledAClaimSettlesNothingMore) {
  Member worker(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  const ClaimAnswer answer = worker.claim(job);
  worker.settle({settlementOf(job, answer, DeliveryState::sent)});
  EXPECT_EQ(worker.settle({settlementOf(job, answer, DeliveryState::dead)}), TakenOver{})
      << "its own: the answer may have been lost";
  EXPECT_EQ(column(job, "state"), "sent");
  const std::string events =
      "select count(*) from tidings.delivery_events where notification_id = $1";
  EXPECT_EQ(value(events, {job.notificationId}), "2");
}

Task<void> settleInto(Claims& claims, std::vector<Settlement> rows, TakenOver& takenOver) {
  const auto settled = co_await claims.settle(rows);
  EXPECT_TRUE(settled.ok());
  if (settled.ok()) takenOver = *settled;
}

TEST_F(SettleTest, EachJobIsToldWhichOfItsOwnAreAnothersByNow) {
  Member worker(*this);
  std::vector<std::vector<Settlement>> rows(3);
  std::vector<TakenOver> takenOver(3);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const char* device : {"one", "two", "three"}) {
      const JobClaim job = jobFor(name("n" + std::to_string(i)), name("r"), "push", device);
      rows[i].push_back(settlementOf(job, worker.claim(job), DeliveryState::sent));
    }
  }
  rows[0][1].notificationId = name("erased");
  for (Settlement* other : {&rows[1][0], &rows[1][2], &rows[2][1]}) other->ticket.token += 1;
  Scope scope;
  for (size_t i = 0; i < rows.size(); ++i) {
    scope.spawn(settleInto(worker.claims(), rows[i], takenOver[i]));
  }
  run([](Scope& all) -> Task<void> { co_await all.join(); }(scope));
  EXPECT_EQ(takenOver, (std::vector<TakenOver>{{}, {0, 2}, {1}}));
  EXPECT_EQ(worker.claims().stats().settleBatches, 1u);
}

TEST_F(SettleTest, ManyJobsTakeOneRoundTrip) {
  Member worker(*this);
  std::vector<JobClaim> jobs;
  std::vector<Settlement> settlements;
  for (int i = 0; i < 100; ++i) jobs.push_back(jobFor(name("n" + std::to_string(i)), name("r")));
  const auto answers = worker.claimAll(jobs);
  for (size_t i = 0; i < jobs.size(); ++i) {
    settlements.push_back(settlementOf(jobs[i], answers[i][0], DeliveryState::sent));
  }
  const uint64_t before = worker.claims().stats().roundTrips;
  worker.settle(settlements);
  EXPECT_EQ(worker.claims().stats().roundTrips - before, 1u);
  EXPECT_EQ(value("select count(*) from tidings.deliveries where recipient = $1 and state = 'sent'",
                  {name("r")}),
            "100");
}

TEST_F(SettleTest, AnAddressThatIsGoneIsNotUsedAnyMore) {
  Member worker(*this);
  registerDevice(name("r"));
  const JobClaim job = jobFor(name("n"), name("r"));
  Settlement gone = settlementOf(job, worker.claim(job), DeliveryState::dead);
  gone.reason = "recipient_gone";
  gone.error = "UNREGISTERED";
  gone.deactivateAddress = true;
  worker.settle({gone});
  EXPECT_FALSE(active(name("r")));
  EXPECT_EQ(value("select deactivated_reason from tidings.addresses where recipient = $1 and "
                  "deactivated_at is not null",
                  {name("r")}),
            "UNREGISTERED");
  registerDevice(name("r"));
  EXPECT_TRUE(active(name("r")));
}

TEST_F(SettleTest, AnAddressRegisteredAgainAfterTheClaimStaysActive) {
  Member worker(*this);
  registerDevice(name("r"));
  const JobClaim job = jobFor(name("n"), name("r"));
  Settlement gone = settlementOf(job, worker.claim(job), DeliveryState::dead);
  gone.deactivateAddress = true;
  registerDevice(name("r"));
  worker.settle({gone});
  EXPECT_TRUE(active(name("r")));
  EXPECT_EQ(column(job, "state"), "dead");
}

TEST_F(SettleTest, AStaleSettlementQuarantinesNothing) {
  Member worker(*this);
  registerDevice(name("r"));
  const JobClaim job = jobFor(name("n"), name("r"));
  Settlement gone = settlementOf(job, worker.claim(job), DeliveryState::dead);
  gone.deactivateAddress = true;
  gone.ticket.token += 1;
  worker.settle({gone});
  EXPECT_TRUE(active(name("r")));
}

TEST_F(SettleTest, TheTimelineTellsEveryStateInOrder) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  Settlement failed = settlementOf(job, worker.claim(job), DeliveryState::retrying);
  failed.provider = "fcm";
  failed.error = "503";
  worker.settle({failed});
  job.attempt = 1;
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::sent)});

  pg::Connection session(loop, {.url = url(), .purpose = "test"});
  session.start();
  Admin admin(session);
  const auto records = run(admin.status(job.notificationId, soon(), 10));
  run(session.close());
  ASSERT_TRUE(records.ok()) << records.error().message;
  ASSERT_EQ(records->size(), 1u);
  const auto& timeline = records->front().timeline;
  ASSERT_EQ(timeline.size(), 4u);
  const std::string states[] = {"sending", "retrying", "sending", "sent"};
  const int attempts[] = {0, 1, 1, 2};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(timeline[i].state, states[i]);
    EXPECT_EQ(timeline[i].attempt, attempts[i]);
    if (i > 0) {
      EXPECT_GE(timeline[i].at, timeline[i - 1].at);
    }
  }
  EXPECT_EQ(timeline[1].error, "503");
  EXPECT_EQ(records->front().state, "sent");
}

}  // namespace
}  // namespace tidings::store
