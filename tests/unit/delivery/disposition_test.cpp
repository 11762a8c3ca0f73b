#include "delivery/disposition.h"

#include <gtest/gtest.h>

namespace tidings::delivery {
namespace {

using namespace std::chrono_literals;
using notification::DeliveryState;
using notification::Outcome;
using notification::OutcomeKind;

struct DispositionTest : testing::Test {
  config::TypeConfig type{.name = "comment",
                          .retry = {.attempts = 3, .base = 1s, .factor = 2.0, .max = 10s}};
  ManualClock clock;
  Random random{7};
  AttemptFacts facts{.type = type, .now = clock.wall(), .firstSeen = clock.wall()};
  Disposition after(OutcomeKind kind, std::optional<Millis> retryAfter = std::nullopt) {
    return dispose(Outcome{.kind = kind, .retryAfter = retryAfter}, facts, random);
  }
};

TEST_F(DispositionTest, SentIsTheEnd) {
  const auto next = after(OutcomeKind::sent);
  EXPECT_EQ(next.state, DeliveryState::sent);
  EXPECT_EQ(next.attempts, 1);
  EXPECT_FALSE(next.delay);
}

TEST_F(DispositionTest, TransientFailuresRetryUntilTheAttemptsAreSpent) {
  for (facts.attemptsBefore = 0; facts.attemptsBefore < 2; ++facts.attemptsBefore) {
    const auto next = after(OutcomeKind::transient);
    EXPECT_EQ(next.state, DeliveryState::retrying);
    EXPECT_EQ(next.attempts, facts.attemptsBefore + 1);
    ASSERT_TRUE(next.delay);
  }
  const auto last = after(OutcomeKind::transient);
  EXPECT_EQ(last.state, DeliveryState::dead);
  EXPECT_EQ(last.reason, "retries_exhausted");
  EXPECT_EQ(last.attempts, 3);
}

TEST_F(DispositionTest, RetryAfterIsALowerBound) {
  for (int i = 0; i < 50; ++i) EXPECT_GE(*after(OutcomeKind::transient, 7s).delay, 7s);
}

TEST_F(DispositionTest, ARetryThatWouldComeTooLateIsExpired) {
  facts.expiresAt = facts.now + 5s;
  const auto next = after(OutcomeKind::transient, 6s);
  EXPECT_EQ(next.state, DeliveryState::skipped);
  EXPECT_EQ(next.reason, "expired");
}

TEST_F(DispositionTest, ThrottlingWaitsAsToldAndCountsNoAttempt) {
  facts.attemptsBefore = 2;  // one attempt left: throttling must not take it
  const auto next = after(OutcomeKind::throttled, 30s);
  EXPECT_EQ(next.state, DeliveryState::retrying);
  EXPECT_EQ(next.attempts, 2);
  EXPECT_GE(*next.delay, 30s);
}

TEST_F(DispositionTest, PatienceWithThrottlingAndRefusalsEnds) {
  facts.firstSeen = facts.now - patience;
  EXPECT_EQ(after(OutcomeKind::throttled).reason, "retries_exhausted");
  EXPECT_EQ(after(OutcomeKind::auth).reason, "expired_provider_auth");
  EXPECT_EQ(postpone(1s, "circuit_open", facts).state, DeliveryState::dead);
}

TEST_F(DispositionTest, RefusedCredentialsKeepTheMessage) {
  const auto next = after(OutcomeKind::auth);
  EXPECT_EQ(next.state, DeliveryState::deferred);
  EXPECT_EQ(next.attempts, 0);
  ASSERT_TRUE(next.delay);
}

TEST_F(DispositionTest, PermanentAnswersDieAtOnce) {
  EXPECT_EQ(after(OutcomeKind::permanent).reason, "permanent");
  EXPECT_EQ(after(OutcomeKind::tooLarge).reason, "too_large");
  EXPECT_FALSE(after(OutcomeKind::permanent).deactivateAddress);
}

TEST_F(DispositionTest, AGoneRecipientLosesTheAddress) {
  const auto next = after(OutcomeKind::recipientGone);
  EXPECT_EQ(next.state, DeliveryState::dead);
  EXPECT_EQ(next.reason, "recipient_gone");
  EXPECT_TRUE(next.deactivateAddress);
}

TEST_F(DispositionTest, UnknownFollowsTheTypesChoiceUnlessARepeatIsHarmless) {
  const auto repeated = after(OutcomeKind::unknown);
  EXPECT_EQ(repeated.state, DeliveryState::retrying);
  EXPECT_EQ(repeated.reason, "uncertain");
  type.onUncertain = config::OnUncertain::skip;
  const auto skipped = after(OutcomeKind::unknown);
  EXPECT_EQ(skipped.state, DeliveryState::skipped);
  EXPECT_EQ(skipped.reason, "uncertain");
  facts.idempotent = true;
  EXPECT_EQ(after(OutcomeKind::unknown).state, DeliveryState::retrying);
}

// The provider may have taken it before it failed, and the retry was the second message.
TEST_F(DispositionTest, AFailureThatProvesNothingIsUncertainWhereATypeMustNotRepeat) {
  type.onUncertain = config::OnUncertain::skip;
  const auto next = after(OutcomeKind::transient);
  EXPECT_EQ(next.state, DeliveryState::skipped);
  EXPECT_EQ(next.reason, "uncertain");
  EXPECT_TRUE(next.uncertain) << "the slots of its caps stay taken";
  const Outcome refused{.kind = OutcomeKind::transient, .nothingSent = true};
  EXPECT_EQ(dispose(refused, facts, random).state, DeliveryState::retrying);
  facts.idempotent = true;
  EXPECT_EQ(after(OutcomeKind::transient).state, DeliveryState::retrying);
  EXPECT_EQ(after(OutcomeKind::transient).reason, "");
}

TEST_F(DispositionTest, PostponingCountsNoAttempt) {
  facts.attemptsBefore = 1;
  const auto next = postpone(9s, "circuit_open", facts);
  EXPECT_EQ(next.state, DeliveryState::deferred);
  EXPECT_EQ(next.reason, "circuit_open");
  EXPECT_EQ(next.attempts, 1);
  EXPECT_EQ(next.delay, 9s);
}

}  // namespace
}  // namespace tidings::delivery
