#include "integration/store/caps.h"

#include <memory>

#include "runtime/loop_sleep.h"

namespace tidings::store {
namespace {

Task<void> claimCounted(Claims& claims, JobClaim job, int& claimed, int& capped) {
  const auto answer = co_await claims.claim(job);
  EXPECT_TRUE(answer.ok());
  if (!answer.ok()) co_return;
  claimed += answer->front().verdict == Verdict::claimed ? 1 : 0;
  capped += answer->front().verdict == Verdict::capped ? 1 : 0;
}

Task<void> join(Scope& scope) { co_await scope.join(); }

TEST_F(CapTest, EightWorkersRacingOnACapOfFiveSendExactlyFive) {
  std::vector<std::unique_ptr<Member>> workers;
  for (int i = 0; i < 8; ++i) workers.push_back(std::make_unique<Member>(*this));
  int claimed = 0;
  int over = 0;
  Scope scope;
  for (int i = 0; i < 80; ++i) {
    scope.spawn(claimCounted(workers[static_cast<size_t>(i % 8)]->claims(),
                             capped("n" + std::to_string(i), cap(5)), claimed, over));
  }
  run(join(scope));
  EXPECT_EQ(claimed, 5);
  EXPECT_EQ(over, 75);
  EXPECT_EQ(slots(), 5);
}

TEST_F(CapTest, ABatchThatOverrunsTheCapSendsItsFirstJobs) {
  Member worker(*this);
  std::vector<JobClaim> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(capped("n" + std::to_string(i), cap(2)));
  const auto answers = worker.claimAll(jobs);
  EXPECT_EQ(answers[0][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[1][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[2][0].verdict, Verdict::capped);
  EXPECT_EQ(answers[3][0].verdict, Verdict::capped);
  EXPECT_FALSE(answers[3][0].freeAt.has_value());
  EXPECT_EQ(stateOf(jobs[3]), "skipped/capped");
  EXPECT_EQ(worker.claim(jobs[3]).verdict, Verdict::duplicate);
}

TEST_F(CapTest, OtherRecipientsAndOtherCapsAreUntouched) {
  Member worker(*this);
  worker.claim(capped("n1", cap(1)));
  JobClaim other = capped("n2", cap(1));
  other.recipient = name("somebody-else");
  EXPECT_EQ(worker.claim(other).verdict, Verdict::claimed);
  EXPECT_EQ(worker.claim(capped("n3", cap(1, false, "other"))).verdict, Verdict::claimed);
}

TEST_F(CapTest, TheWindowRolls) {
  Member worker(*this);
  worker.claim(capped("n1", cap(2)));
  letTimePass(hour / 2);
  worker.claim(capped("n2", cap(2)));
  EXPECT_EQ(worker.claim(capped("n3", cap(2))).verdict, Verdict::capped);
  letTimePass(hour / 2);
  EXPECT_EQ(worker.claim(capped("n4", cap(2))).verdict, Verdict::claimed);
  EXPECT_EQ(worker.claim(capped("n5", cap(2))).verdict, Verdict::capped);
  EXPECT_EQ(slots(), 2);
}

// What counts is when something is sent: a retry after the window met a cap that others had filled
// meanwhile, and was let through because its job had once held a slot.
TEST_F(CapTest, ARetryAfterItsWindowNeedsASlotLikeAnyOther) {
  Member worker(*this);
  CapRef brief = cap(1);
  brief.window = Millis{50};
  JobClaim first = capped("n1", brief);
  const ClaimAnswer claimed = worker.claim(first);
  worker.settle({settlementOf(first, claimed, DeliveryState::retrying)});
  run(sleepFor(loop, Millis{60}));
  EXPECT_EQ(worker.claim(capped("n2", brief)).verdict, Verdict::claimed);
  ++first.attempt;
  EXPECT_EQ(worker.claim(first).verdict, Verdict::capped);
  EXPECT_EQ(stateOf(first), "skipped/capped");
}

TEST_F(CapTest, ARetryMovesItsSlotToNow) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  run(sleepFor(loop, Millis{20}));
  ++job.attempt;
  const WallTime before = clock.clock().wall();
  EXPECT_EQ(worker.claim(job).verdict, Verdict::claimed);
  EXPECT_EQ(slots(), 1);
  EXPECT_GE(std::stoll(value("select slots[1] from tidings.cap_windows where recipient = $1",
                             {name("r")})),
            before.time_since_epoch().count() - 1);
}

TEST_F(CapTest, ADeferredJobLearnsWhenASlotIsFreeAndTakesItThen) {
  Member worker(*this);
  worker.claim(capped("n1", cap(1, true)));
  const JobClaim job = capped("n2", cap(1, true));
  const ClaimAnswer wait = worker.claim(job);
  ASSERT_EQ(wait.verdict, Verdict::capped);
  ASSERT_TRUE(wait.freeAt.has_value());
  const Millis away = *wait.freeAt - clock.clock().wall();
  EXPECT_GT(away, hour - Millis{10'000});
  EXPECT_LE(away, hour + Millis{1'000});
  EXPECT_EQ(stateOf(job), "deferred/capped");

  // Too early it waits again; redelivered before its follow-up was published it learns it again.
  JobClaim redelivered = job;
  redelivered.redelivered = true;
  const ClaimAnswer still = worker.claim(redelivered);
  EXPECT_EQ(still.verdict, Verdict::capped);
  EXPECT_EQ(still.freeAt, wait.freeAt);

  letTimePass(hour);
  EXPECT_EQ(worker.claim(job).verdict, Verdict::claimed);
  EXPECT_EQ(slots(), 1);
}

TEST_F(CapTest, OfSeveralCapsTheStricterDecidesAndNoneIsBurnt) {
  Member worker(*this);
  worker.claim(capped("n1", cap(1, false, "tight")));
  JobClaim both = capped("n2", cap(9, false, "wide"));
  both.items[0].caps.push_back(cap(1, false, "tight"));
  EXPECT_EQ(worker.claim(both).verdict, Verdict::capped);
  EXPECT_EQ(slots("wide"), 0);
  EXPECT_EQ(slots("tight"), 1);
}

TEST_F(CapTest, AJobTakesOneSlotPerChannelHoweverManyAddresses) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(2));
  job.items.push_back({{"push", "device-2"}, std::nullopt, {cap(2)}});
  job.items.push_back({{"push", "device-3"}, std::nullopt, {cap(2)}});
  job.items.push_back({{"email", "a@example.org"}, std::nullopt, {cap(2)}});
  for (const auto& answer : worker.claimItems(job)) EXPECT_EQ(answer.verdict, Verdict::claimed);
  EXPECT_EQ(slots(), 2);
  EXPECT_EQ(worker.claim(capped("n2", cap(2))).verdict, Verdict::capped);
}

TEST_F(CapTest, OverTheCapAllAddressesOfTheChannelAre) {
  Member worker(*this);
  worker.claim(capped("n1", cap(1)));
  JobClaim job = capped("n2", cap(1));
  job.items.push_back({{"push", "device-2"}, std::nullopt, {cap(1)}});
  for (const auto& answer : worker.claimItems(job)) EXPECT_EQ(answer.verdict, Verdict::capped);
}

TEST_F(CapTest, ARetryKeepsItsSlotAndTakesNoSecondOne) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  EXPECT_EQ(worker.claim(capped("n2", cap(1))).verdict, Verdict::capped);
  job.attempt = 1;
  EXPECT_EQ(worker.claim(job).verdict, Verdict::claimed);
  EXPECT_EQ(slots(), 1);
}

TEST_F(CapTest, ACapOfNothingLetsNothingThroughAndDefersNothing) {
  Member worker(*this);
  const ClaimAnswer answer = worker.claim(capped("n1", cap(0, true)));
  EXPECT_EQ(answer.verdict, Verdict::capped);
  EXPECT_FALSE(answer.freeAt.has_value());
}

}  // namespace
}  // namespace tidings::store
