#include <set>

#include "integration/store/database.h"
#include "runtime/loop_sleep.h"
#include "store/claim_codec.h"

namespace tidings::store {
namespace {

struct ClaimTest : DatabaseTest {
  std::string stateOf(const JobClaim& job, size_t item = 0) {
    return value(
        "select state || coalesce('/' || reason, '') from tidings.deliveries where "
        "notification_id = $1 and recipient = $2 and channel = $3 and address = $4",
        {job.notificationId, job.recipient, job.items[item].target.channel,
         job.items[item].target.address});
  }
  std::string rowsOf(const std::string& id) {
    return value("select count(*) from tidings.deliveries where notification_id = $1", {id});
  }
};

TEST_F(ClaimTest, ANewDeliveryIsClaimed) {
  Member worker(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  const ClaimAnswer answer = worker.claim(job);
  EXPECT_EQ(answer.verdict, Verdict::claimed);
  EXPECT_EQ(answer.attempt, 0);
  EXPECT_EQ(stateOf(job), "sending");
}

TEST_F(ClaimTest, WhatIsToBeSkippedIsWrittenWithItsReasonAndIsFinished) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  job.items.push_back({{"email", "a@example.org"}, SkipReason::optedOut, {}});
  const auto answers = worker.claimAll({job});
  EXPECT_EQ(answers[0][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[0][1].verdict, Verdict::skipped);
  EXPECT_EQ(stateOf(job, 1), "skipped/opted_out");
  JobClaim again = job;
  again.redelivered = true;
  EXPECT_EQ(worker.claimItems(again)[1].verdict, Verdict::duplicate);
}

TEST_F(ClaimTest, AHundredJobsTakeOneRoundTrip) {
  Member worker(*this);
  const uint64_t before = worker.claims().stats().roundTrips;
  std::vector<JobClaim> jobs;
  for (int i = 0; i < 100; ++i) jobs.push_back(jobFor(name("n" + std::to_string(i)), name("r")));
  for (const auto& answer : worker.claimAll(jobs)) EXPECT_EQ(answer[0].verdict, Verdict::claimed);
  EXPECT_EQ(worker.claims().stats().roundTrips - before, 1u);
}

TEST_F(ClaimTest, HostileTextStaysText) {
  Member worker(*this);
  const std::string evil = R"('"; drop table tidings.log; -- \{},NULL $1 )"
                           "\x01 \xF0\x9F\x98\x80";
  JobClaim job = jobFor(name(evil), name(evil), "push", evil);
  const ClaimAnswer answer = worker.claim(job);
  EXPECT_EQ(answer.verdict, Verdict::claimed);
  EXPECT_EQ(stateOf(job), "sending");
  worker.settle({settlementOf(job, answer, DeliveryState::sent)});
  EXPECT_EQ(stateOf(job), "sent");
}

TEST_F(ClaimTest, AnotherCopyIsADuplicateWhileTheFirstIsSentAndAfterwards) {
  Member worker(*this), other(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  const ClaimAnswer first = worker.claim(job);
  EXPECT_EQ(worker.claim(job).verdict, Verdict::duplicate);
  EXPECT_EQ(other.claim(job).verdict, Verdict::duplicate);
  worker.settle({settlementOf(job, first, DeliveryState::sent)});
  JobClaim again = job;
  again.redelivered = true;
  EXPECT_EQ(other.claim(again).verdict, Verdict::duplicate);
  EXPECT_EQ(stateOf(job), "sent");
}

TEST_F(ClaimTest, TheSameIdForAnotherRecipientChannelOrAddressIsAnotherDelivery) {
  Member worker(*this);
  const std::string id = name("n");
  std::vector<JobClaim> jobs{jobFor(id, name("r1")), jobFor(id, name("r2")),
                             jobFor(id, name("r1"), "sms"), jobFor(id, name("r1"), "push", "d2")};
  for (const auto& answer : worker.claimAll(jobs)) EXPECT_EQ(answer[0].verdict, Verdict::claimed);
  EXPECT_EQ(rowsOf(id), "4");
}

TEST_F(ClaimTest, DuplicatesWithinOneBatchAreSentOnce) {
  Member worker(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  const JobClaim bystander = jobFor(name("m"), name("r"));
  const uint64_t before = worker.claims().stats().roundTrips;
  const auto answers = worker.claimAll({job, bystander, job, job});
  EXPECT_EQ(worker.claims().stats().roundTrips - before, 1u);
  EXPECT_EQ(answers[0][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[1][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[2][0].verdict, Verdict::duplicate);
  EXPECT_EQ(answers[3][0].verdict, Verdict::duplicate);
  EXPECT_EQ(rowsOf(job.notificationId), "1");
}

TEST_F(ClaimTest, TheSameTargetTwiceInOneJobIsSentOnce) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  job.items.push_back(job.items[0]);
  const auto answers = worker.claimAll({job});
  EXPECT_EQ(answers[0][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[0][1].verdict, Verdict::duplicate);
}

Task<void> claimOne(Claims& claims, JobClaim job, std::multiset<std::string>& winners) {
  const std::string id = job.notificationId;
  const auto answer = co_await claims.claim(job);
  EXPECT_TRUE(answer.ok());
  if (answer.ok() && answer->front().verdict == Verdict::claimed) winners.insert(id);
}

Task<void> join(Scope& scope) { co_await scope.join(); }

TEST_F(ClaimTest, OfTwoInstancesRacingForTheSameJobsExactlyOneWinsEach) {
  Member one(*this), two(*this);
  std::multiset<std::string> winners;
  Scope scope;
  constexpr int count = 300;
  for (int i = 0; i < count; ++i) {
    // In opposite orders, so that a wrong order of locks would be a deadlock.
    const auto nth = [this](int n) {
      return jobFor(name("n" + std::to_string(n)), name("r" + std::to_string(n % 7)));
    };
    scope.spawn(claimOne(one.claims(), nth(i), winners));
    scope.spawn(claimOne(two.claims(), nth(count - 1 - i), winners));
  }
  run(join(scope));
  EXPECT_EQ(winners.size(), static_cast<size_t>(count));
  EXPECT_EQ(std::set<std::string>(winners.begin(), winners.end()).size(),
            static_cast<size_t>(count));
  EXPECT_EQ(one.claims().stats().batchRetries + two.claims().stats().batchRetries, 0u);
}

TEST_F(ClaimTest, ARetryComesBackWithItsAttemptAndIsClaimed) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  Settlement failed = settlementOf(job, worker.claim(job), DeliveryState::retrying);
  failed.nextAttemptIn = Millis{5'000};
  worker.settle({failed});
  job.attempt = 1;
  const ClaimAnswer second = worker.claim(job);
  EXPECT_EQ(second.verdict, Verdict::claimed);
  EXPECT_EQ(second.attempt, 1);
  worker.settle({settlementOf(job, second, DeliveryState::sent)});
  EXPECT_EQ(stateOf(job), "sent");
}

TEST_F(ClaimTest, AStaleAttemptIsADuplicateOrIsFollowedUpWhenRedelivered) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  Settlement failed = settlementOf(job, worker.claim(job), DeliveryState::retrying);
  failed.nextAttemptIn = Millis{3'600'000};
  failed.provider = "fcm";
  failed.error = "503 overloaded";
  worker.settle({failed});
  EXPECT_EQ(worker.claim(job).verdict, Verdict::duplicate);
  job.redelivered = true;
  const ClaimAnswer again = worker.claim(job);
  ASSERT_EQ(again.verdict, Verdict::followUp);
  EXPECT_EQ(again.attempt, 1);
  ASSERT_TRUE(again.followUp.has_value());
  EXPECT_EQ(again.followUp->state, DeliveryState::retrying);
  const Millis away = *again.followUp->nextAttemptAt - again.now;
  EXPECT_LE(away, *failed.nextAttemptIn);
  EXPECT_GT(away, *failed.nextAttemptIn - Millis{60'000});
  EXPECT_EQ(again.followUp->provider, "fcm");
  EXPECT_EQ(again.followUp->error, "503 overloaded");
  EXPECT_EQ(stateOf(job), "retrying");
}

TEST_F(ClaimTest, OfTwoAttemptCountsTheLargerIsTrusted) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  job.attempt = 3;
  const ClaimAnswer answer = worker.claim(job);
  EXPECT_EQ(answer.verdict, Verdict::claimed);
  EXPECT_EQ(answer.attempt, 3);
}

TEST_F(ClaimTest, ADeadDeliveryIsFollowedUpWhenRedeliveredAndStartsAgainWhenReplayed) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  Settlement dead = settlementOf(job, worker.claim(job), DeliveryState::dead);
  dead.reason = "permanent";
  dead.attempt = 5;
  worker.settle({dead});
  EXPECT_EQ(worker.claim(job).verdict, Verdict::duplicate);

  JobClaim redelivered = job;
  redelivered.redelivered = true;
  const ClaimAnswer again = worker.claim(redelivered);
  ASSERT_EQ(again.verdict, Verdict::followUp);
  EXPECT_EQ(again.followUp->state, DeliveryState::dead);
  EXPECT_EQ(again.followUp->reason, "permanent");

  JobClaim replayed = job;
  replayed.replay = true;
  const ClaimAnswer fresh = worker.claim(replayed);
  EXPECT_EQ(fresh.verdict, Verdict::claimed);
  EXPECT_EQ(fresh.attempt, 0);
  EXPECT_EQ(worker.claim(replayed).verdict, Verdict::duplicate);  // the replay's own copy
}

TEST_F(ClaimTest, AReplaySendsNothingThatWasSent) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::sent)});
  job.replay = true;
  EXPECT_EQ(worker.claim(job).verdict, Verdict::duplicate);
}

TEST_F(ClaimTest, WhatExpiredBeforeItsRetryIsWrittenAsSkipped) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  job.attempt = 1;
  job.items[0].skip = SkipReason::expired;
  EXPECT_EQ(worker.claim(job).verdict, Verdict::skipped);
  EXPECT_EQ(stateOf(job), "skipped/expired");
}

// The answer was lost and the batch runs again, then its jobs one by one: the same answers, nothing
// done twice.
TEST_F(ClaimTest, ABatchThatRunsAgainGivesTheSameAnswers) {
  Member worker(*this);
  const std::vector<CapRef> one{{name("c"), 1, Millis{3'600'000}, false}};
  const std::vector<CapRef> wait{{name("d"), 1, Millis{3'600'000}, true}};
  JobClaim retried = jobFor(name("retried"), name("r"));
  worker.settle({settlementOf(retried, worker.claim(retried), DeliveryState::retrying)});
  retried.attempt = 1;

  std::vector<JobClaim> jobs;
  jobs.push_back(jobFor(name("plain"), name("r")));
  jobs.push_back(jobFor(name("skipped"), name("r")));
  jobs.back().items[0].skip = SkipReason::muted;
  for (const auto& caps : {one, one, wait, wait}) {
    jobs.push_back(jobFor(name("cap" + std::to_string(jobs.size())), name("r")));
    jobs.back().items[0].caps = caps;
  }
  jobs.push_back(jobs[0]);  // a twin in the batch
  jobs.push_back(retried);
  std::vector<PendingClaim> batch;
  for (const JobClaim& job : jobs)
    batch.push_back({&job, static_cast<int64_t>(random.bits() >> 2)});

  const auto ask = [&](const std::vector<PendingClaim>& claims) {
    const pg::Params params =
        encodeClaims(claims, {worker.instance(), std::chrono::days{7}, Millis{0}});
    return decodeClaims(sqlWith(claimSql, params), claims);
  };
  const auto first = ask(batch);
  const auto second = ask(batch);
  std::vector<std::vector<ClaimAnswer>> apart;
  for (const PendingClaim& claim : eachAlone(batch)) apart.push_back(ask({claim}).front());
  const Verdict wanted[] = {Verdict::claimed,   Verdict::skipped, Verdict::claimed,
                            Verdict::capped,    Verdict::claimed, Verdict::capped,
                            Verdict::duplicate, Verdict::claimed};
  for (size_t i = 0; i < batch.size(); ++i) {
    EXPECT_EQ(toString(first[i][0].verdict), toString(wanted[i])) << i;
    EXPECT_EQ(toString(second[i][0].verdict), toString(wanted[i])) << i;
    EXPECT_EQ(toString(apart[i][0].verdict), toString(wanted[i])) << i;
    EXPECT_EQ(apart[i][0].ticket.token, first[i][0].ticket.token) << i;
    EXPECT_EQ(first[i][0].attempt, second[i][0].attempt) << i;
    EXPECT_EQ(first[i][0].ticket.day, second[i][0].ticket.day) << i;
    EXPECT_EQ(first[i][0].freeAt, second[i][0].freeAt) << i;
  }
  EXPECT_TRUE(first[5][0].freeAt.has_value());
  EXPECT_EQ(value("select sum(cardinality(slots)) from tidings.cap_windows where recipient = $1",
                  {name("r")}),
            "2");
}

}  // namespace
}  // namespace tidings::store
