// Whether a job's slot is given back.
#include "integration/store/caps.h"

namespace tidings::store {
namespace {

using CapRefundTest = CapTest;

// The address that held the job's slot was skipped while the other still waited, and gave nothing
// back; the other held nothing to give.
TEST_F(CapRefundTest, AJobOfTwoAddressesThatAreSkippedOneAfterTheOtherGivesItsSlotBack) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  job.items.push_back({{"push", "device-2"}, {}, job.items[0].caps});
  const auto answers = worker.claimAll({job})[0];
  worker.settle({settlementOf(job, answers[0], DeliveryState::retrying, 0),
                 settlementOf(job, answers[1], DeliveryState::retrying, 1)});
  ++job.attempt;
  for (auto& item : job.items) item.skip = notification::SkipReason::expired;
  worker.claimAll({job});
  EXPECT_EQ(slots(), 0);
}

TEST_F(CapRefundTest, ASlotIsGivenBackWhenNothingWasSentButOnlyOnce) {
  Member worker(*this);
  worker.claim(capped("n0", cap(2)));
  const JobClaim job = capped("n1", cap(2));
  Settlement dead = settlementOf(job, worker.claim(job), DeliveryState::dead);
  dead.reason = "permanent";
  dead.refundCaps = {name("cap")};
  worker.settle({dead});
  EXPECT_EQ(slots(), 1);
  worker.settle({dead});
  EXPECT_EQ(slots(), 1);
  EXPECT_EQ(worker.claim(capped("n2", cap(2))).verdict, Verdict::claimed);
}

TEST_F(CapRefundTest, ASlotStaysWhenAnotherAddressOfTheChannelWasSentOrStillMayBe) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  job.items.push_back({{"push", "device-2"}, std::nullopt, {cap(1)}});
  const auto answers = worker.claimItems(job);
  Settlement gone = settlementOf(job, answers[0], DeliveryState::dead, 0);
  gone.refundCaps = {name("cap")};
  Settlement later = settlementOf(job, answers[1], DeliveryState::retrying, 1);
  worker.settle({gone, later});
  EXPECT_EQ(slots(), 1);
  // The retry of the second one, alone, sends nothing either: now the job's slot is free, although
  // the first address had taken it.
  JobClaim second = job;
  second.items.erase(second.items.begin());
  second.attempt = 1;
  Settlement last = settlementOf(second, worker.claim(second), DeliveryState::dead);
  last.refundCaps = {name("cap")};
  worker.settle({last});
  EXPECT_EQ(slots(), 0);
}

TEST_F(CapRefundTest, ASlotStaysWhenItIsUncertainWhetherAnythingWasSent) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  job.items.push_back({{"push", "device-2"}, std::nullopt, {cap(1)}});
  const auto answers = worker.claimItems(job);
  Settlement uncertain = settlementOf(job, answers[0], DeliveryState::skipped, 0);
  uncertain.reason = "uncertain";
  uncertain.uncertain = true;
  Settlement gone = settlementOf(job, answers[1], DeliveryState::dead, 1);
  gone.refundCaps = {name("cap")};
  worker.settle({uncertain, gone});
  EXPECT_EQ(slots(), 1);
}

// Was given away, and then the delivery that may have arrived was skipped as capped.
TEST_F(CapRefundTest, ASlotStaysWhenAnEarlierAttemptMayHaveBeenSent) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  Settlement unanswered = settlementOf(job, worker.claim(job), DeliveryState::retrying);
  unanswered.reason = "uncertain";
  unanswered.uncertain = true;
  worker.settle({unanswered});
  job.attempt = 1;
  Settlement waiting = settlementOf(job, worker.claim(job), DeliveryState::deferred);
  waiting.reason = "circuit_open";
  waiting.attempt = 1;  // as before
  waiting.refundCaps = {name("cap")};
  worker.settle({waiting});
  EXPECT_EQ(worker.claim(capped("n2", cap(1))).verdict, Verdict::capped);
  EXPECT_EQ(worker.claim(job).verdict, Verdict::claimed);
}

// Of the two addresses one ended without an answer to its last attempt: its row did not say so, and
// the end of the other gave the slot back.
TEST_F(CapRefundTest, ASlotStaysWhenTheLastAttemptOfAnotherAddressMayHaveBeenSent) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  job.items.push_back({{"push", "device-2"}, std::nullopt, {cap(1)}});
  const auto answers = worker.claimItems(job);
  Settlement unanswered = settlementOf(job, answers[0], DeliveryState::dead, 0);
  unanswered.reason = "retries_exhausted";
  unanswered.uncertain = true;
  worker.settle({unanswered, settlementOf(job, answers[1], DeliveryState::retrying, 1)});
  JobClaim second = job;
  second.items.erase(second.items.begin());
  second.attempt = 1;
  Settlement last = settlementOf(second, worker.claim(second), DeliveryState::dead);
  last.refundCaps = {name("cap")};
  worker.settle({last});
  EXPECT_EQ(slots(), 1);
}

// It was one of the row's earlier states, of which forty are kept.
TEST_F(CapRefundTest, ASlotStaysHoweverLongAgoItMayHaveBeenSent) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  Settlement unanswered = settlementOf(job, worker.claim(job), DeliveryState::retrying);
  unanswered.reason = "uncertain";
  unanswered.uncertain = true;
  worker.settle({unanswered});
  for (job.attempt = 1; job.attempt < 25; ++job.attempt) {
    worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  }
  Settlement last = settlementOf(job, worker.claim(job), DeliveryState::dead);
  last.refundCaps = {name("cap")};
  worker.settle({last});
  EXPECT_EQ(slots(), 1);
}

TEST_F(CapRefundTest, ASlotStaysWhenAnOwnerDiedWhoMayHaveSentIt) {
  JobClaim job = capped("n1", cap(1));
  {
    Member dying(*this);
    dying.claim(job);
    dying.leave();
  }
  Member worker(*this);
  job.redelivered = true;
  const ClaimAnswer answer = worker.claim(job);
  ASSERT_EQ(answer.verdict, Verdict::takenOver);
  Settlement waiting = settlementOf(job, answer, DeliveryState::deferred);
  waiting.refundCaps = {name("cap")};
  worker.settle({waiting});
  EXPECT_EQ(slots(), 1);
}

// It counted for other types until its window ended.
TEST_F(CapRefundTest, ACapThatIsTakenFromTheTypeDuringARetryGetsItsSlotBack) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1, false, "kept"));
  job.items[0].caps.push_back(cap(1, false, "dropped"));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  job.attempt = 1;
  job.items[0].caps.pop_back();
  const ClaimAnswer retry = worker.claim(job);
  EXPECT_EQ(retry.verdict, Verdict::claimed);
  EXPECT_EQ(slots("kept"), 1);
  EXPECT_EQ(slots("dropped"), 0);
  worker.settle({settlementOf(job, retry, DeliveryState::retrying)});
  job.attempt = 2;
  job.items[0].caps.clear();
  EXPECT_EQ(worker.claim(job).verdict, Verdict::claimed);
  EXPECT_EQ(slots("kept"), 0);
}

TEST_F(CapRefundTest, ACapThatIsTakenFromTheTypeKeepsTheSlotOfWhatWasSent) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  job.items.push_back({{"push", "device-2"}, std::nullopt, {cap(1)}});
  const auto answers = worker.claimItems(job);
  worker.settle({settlementOf(job, answers[0], DeliveryState::retrying, 0),
                 settlementOf(job, answers[1], DeliveryState::sent, 1)});
  job.items.pop_back();
  job.items[0].caps.clear();
  job.attempt = 1;
  EXPECT_EQ(worker.claim(job).verdict, Verdict::claimed);
  EXPECT_EQ(slots(), 1);
}

TEST_F(CapRefundTest, ARetryThatIsSkippedGivesItsSlotBack) {
  Member worker(*this);
  JobClaim job = capped("n1", cap(1));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  job.attempt = 1;
  job.items[0].skip = SkipReason::expired;
  EXPECT_EQ(worker.claim(job).verdict, Verdict::skipped);
  EXPECT_EQ(slots(), 0);
}

}  // namespace
}  // namespace tidings::store
