#include "notification/delivery.h"

#include <gtest/gtest.h>

#include "notification/outcome.h"

namespace tidings::notification {
namespace {

TEST(Delivery, WordsAreReadBack) {
  for (int i = 0; i <= static_cast<int>(DeliveryState::dead); ++i) {
    const auto state = static_cast<DeliveryState>(i);
    EXPECT_EQ(parseDeliveryState(toString(state)), state);
  }
  for (int i = 0; i <= static_cast<int>(SkipReason::uncertain); ++i) {
    const auto reason = static_cast<SkipReason>(i);
    EXPECT_EQ(parseSkipReason(toString(reason)), reason);
  }
  for (int i = 0; i <= static_cast<int>(DeadReason::recipientGone); ++i) {
    const auto reason = static_cast<DeadReason>(i);
    EXPECT_EQ(parseDeadReason(toString(reason)), reason);
  }
}

TEST(Delivery, WordsAreThePublicOnes) {
  EXPECT_EQ(toString(SkipReason::optedOut), "opted_out");
  EXPECT_EQ(toString(SkipReason::noAddress), "no_address");
  EXPECT_EQ(toString(DeadReason::expiredProviderAuth), "expired_provider_auth");
  EXPECT_EQ(toString(DeadReason::retriesExhausted), "retries_exhausted");
  EXPECT_EQ(toString(OutcomeKind::recipientGone), "recipient_gone");
  EXPECT_FALSE(parseDeliveryState("Sent"));
  EXPECT_FALSE(parseSkipReason(""));
}

TEST(Delivery, OnlyThreeStatesGoOn) {
  EXPECT_FALSE(isFinal(DeliveryState::sending));
  EXPECT_FALSE(isFinal(DeliveryState::retrying));
  EXPECT_FALSE(isFinal(DeliveryState::deferred));
  EXPECT_TRUE(isFinal(DeliveryState::sent));
  EXPECT_TRUE(isFinal(DeliveryState::skipped));
  EXPECT_TRUE(isFinal(DeliveryState::dead));
}

}  // namespace
}  // namespace tidings::notification
