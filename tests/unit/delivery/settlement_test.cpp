#include <gtest/gtest.h>

#include "delivery/attempt.h"

namespace tidings::delivery {
namespace {

using notification::DeliveryState;

struct SettlementTest : testing::Test {
  notification::Notification job;
  std::vector<Attempt> attempts;
  void add(std::string channel, std::string address, DeliveryState state) {
    Attempt attempt;
    attempt.claimed = {
        .target = {std::move(channel), std::move(address)}, .ticket = {}, .caps = {{"daily"}}};
    attempt.disposition.state = state;
    if (state == DeliveryState::retrying || state == DeliveryState::deferred)
      attempt.disposition.delay = Millis{5'000};
    attempts.push_back(std::move(attempt));
  }
  std::vector<store::Settlement> rows() { return settlementsOf(job, attempts); }
};

TEST_F(SettlementTest, ASlotIsGivenBackWhenNothingWasSentInItsChannel) {
  add("push", "a", DeliveryState::dead);
  EXPECT_EQ(rows()[0].refundCaps, (std::vector<std::string>{"daily"}));
}

TEST_F(SettlementTest, OneDeviceThatGotItKeepsTheSlot) {
  add("push", "a", DeliveryState::dead);
  add("push", "b", DeliveryState::sent);
  const auto made = rows();
  EXPECT_TRUE(made[0].refundCaps.empty());
  EXPECT_TRUE(made[1].refundCaps.empty());
}

TEST_F(SettlementTest, ARetryKeepsTheSlot) {
  add("push", "a", DeliveryState::retrying);
  const auto made = rows();
  EXPECT_TRUE(made[0].refundCaps.empty());
  EXPECT_EQ(made[0].nextAttemptIn, Millis{5'000});
}

TEST_F(SettlementTest, WhatMayHaveBeenSentKeepsTheSlotAlsoWhenItIsGivenUp) {
  add("push", "a", DeliveryState::dead);
  attempts[0].disposition.uncertain = true;
  const auto made = rows();
  EXPECT_TRUE(made[0].refundCaps.empty());
  EXPECT_TRUE(made[0].uncertain);
}

TEST_F(SettlementTest, ChannelsAreCountedApart) {
  add("push", "a", DeliveryState::sent);
  add("email", "b", DeliveryState::dead);
  const auto made = rows();
  EXPECT_TRUE(made[0].refundCaps.empty());
  EXPECT_FALSE(made[1].refundCaps.empty());
}

}  // namespace
}  // namespace tidings::delivery
