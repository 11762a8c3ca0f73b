#include "store/begun.h"

#include "integration/store/database.h"

namespace tidings::store {
namespace {

struct BegunTest : DatabaseTest {
  std::string recipient;
  std::unique_ptr<Member> worker;

  void SetUp() override {
    DatabaseTest::SetUp();
    recipient = name("r");
    worker = std::make_unique<Member>(*this);
  }
  void TearDown() override {
    worker.reset();
    DatabaseTest::TearDown();
  }
  void end(const std::string& id, const std::string& address, DeliveryState state) {
    const JobClaim job = jobFor(id, recipient, "push", address);
    const ClaimAnswer answer = worker->claim(job);
    if (state != DeliveryState::sending) worker->settle({settlementOf(job, answer, state)});
  }
  std::vector<std::string> begun(const std::string& id, const std::string& of) {
    const auto targets = run(worker->claims().begun({id, of}));
    EXPECT_TRUE(targets.ok());
    std::vector<std::string> addresses;
    if (!targets.ok()) return addresses;
    for (const Target& target : *targets)
      addresses.push_back(target.channel + "/" + target.address);
    return addresses;
  }
};

TEST_F(BegunTest, WhatMayStillOweSomethingIsFoundWhateverTheProfileLists) {
  const std::string id = name("n");
  end(id, "device-1", DeliveryState::sent);
  end(id, "device-2", DeliveryState::dead);
  end(id, "device-3", DeliveryState::sending);
  end(id, "device-4", DeliveryState::skipped);
  end(id, "device-5", DeliveryState::retrying);
  end(id, "device-6", DeliveryState::deferred);
  EXPECT_EQ(begun(id, recipient), (std::vector<std::string>{"push/device-2", "push/device-3",
                                                            "push/device-5", "push/device-6"}));
}

TEST_F(BegunTest, JobsOfOtherPeopleAndOtherMessagesAreNone) {
  const std::string id = name("n");
  end(id, "device-1", DeliveryState::dead);
  EXPECT_TRUE(begun(id, name("other")).empty());
  EXPECT_TRUE(begun(name("m"), recipient).empty());
  EXPECT_TRUE(begun(std::string("n\0", 2), recipient).empty());
}

// Each of a batch gets its own answer.
TEST_F(BegunTest, AllThatAsksInOneTurnSharesARoundTrip) {
  end(name("a"), "device-a", DeliveryState::dead);
  end(name("c"), "device-c", DeliveryState::dead);
  const uint64_t before = worker->claims().stats().roundTrips;
  std::vector<std::string> found(3);
  const auto ask = [](Claims& claims, JobKey job, std::string& into) -> Task<void> {
    const auto targets = co_await claims.begun(std::move(job));
    for (const Target& target : *targets) into += target.address;
  };
  Scope scope;
  scope.spawn(ask(worker->claims(), {name("a"), recipient}, found[0]));
  scope.spawn(ask(worker->claims(), {name("b"), recipient}, found[1]));
  scope.spawn(ask(worker->claims(), {name("c"), recipient}, found[2]));
  run([](Scope& all) -> Task<void> { co_await all.join(); }(scope));
  EXPECT_EQ(found, (std::vector<std::string>{"device-a", "", "device-c"}));
  EXPECT_EQ(worker->claims().stats().roundTrips, before + 1);
}

// The whole way of a letter that was lost: dead, its address gone in the same commit, and the
// worker dead before it published the letter.
TEST_F(BegunTest, TheClaimOfAGoneAddressThatWasBegunTellsOfItsDeath) {
  JobClaim job = jobFor(name("n"), recipient);
  Settlement gone = settlementOf(job, worker->claim(job), DeliveryState::dead);
  gone.reason = "recipient_gone";
  worker->settle({gone});
  ASSERT_EQ(begun(job.notificationId, recipient), (std::vector<std::string>{"push/device-1"}));
  job.redelivered = true;
  job.items[0].skip = SkipReason::noAddress;
  const ClaimAnswer answer = worker->claim(job);
  EXPECT_EQ(answer.verdict, Verdict::followUp);
  ASSERT_TRUE(answer.followUp);
  EXPECT_EQ(answer.followUp->reason, "recipient_gone");
}

TEST_F(BegunTest, TheClaimOfAGoneAddressThatADeadWorkerBeganEndsIt) {
  JobClaim job = jobFor(name("n"), recipient);
  Member dead(*this);
  dead.claim(job);
  dead.leave();
  job.redelivered = true;
  job.items[0].skip = SkipReason::noAddress;
  EXPECT_EQ(worker->claim(job).verdict, Verdict::skipped);
  EXPECT_EQ(value("select state || ' ' || reason from tidings.deliveries where recipient = $1",
                  {recipient}),
            "skipped no_address");
  EXPECT_TRUE(begun(job.notificationId, recipient).empty());
}

}  // namespace
}  // namespace tidings::store
