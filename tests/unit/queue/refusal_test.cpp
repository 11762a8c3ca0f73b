#include "queue/refusal.h"

#include <gtest/gtest.h>

#include "runtime/loop.h"

namespace tidings::queue {
namespace {

class RefusalTest : public testing::Test {
 protected:
  static Error closed(std::string text) { return {ErrorKind::transient, std::move(text)}; }
  SystemClock clock_;
  Loop loop_{clock_};
  Sending sending_{loop_, Outgoing{"tidings.retry", "key", std::string(20'000, 'x'), {}}};
};

TEST_F(RefusalTest, OfItsOwnSizeIsForGood) {
  const auto refused = refusedBy(
      closed("PRECONDITION_FAILED - message size 20000 is larger than configured max size 16384"),
      sending_);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, ErrorKind::permanent);
}

TEST_F(RefusalTest, OfAnotherSizeIsAnothersAndSoItIsSentAgain) {
  EXPECT_FALSE(refusedBy(
      closed("PRECONDITION_FAILED - message size 20001 is larger than configured max size 16384"),
      sending_));
}

TEST_F(RefusalTest, OfItsExchangeMayPass) {
  const auto refused =
      refusedBy(closed("NOT_FOUND - no exchange 'tidings.retry' in vhost 'tidings'"), sending_);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, ErrorKind::transient);
}

TEST_F(RefusalTest, WhateverItIsThreeChannelsAreEnough) {
  const Error unexplained = closed("INTERNAL_ERROR");
  EXPECT_FALSE(refusedBy(unexplained, sending_));
  EXPECT_FALSE(refusedBy(unexplained, sending_));
  const auto refused = refusedBy(unexplained, sending_);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, ErrorKind::transient);
}

}  // namespace
}  // namespace tidings::queue
