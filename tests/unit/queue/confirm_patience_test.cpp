#include "queue/confirm_patience.h"

#include <gtest/gtest.h>

namespace tidings::queue {
namespace {

using namespace std::chrono_literals;

class ConfirmPatienceTest : public testing::Test {
 protected:
  static MonoTime at(Millis since) { return MonoTime{} + since; }
  ConfirmPatience patience_{5s};
};

TEST_F(ConfirmPatienceTest, NothingIsWaitedForBeforeSomethingIsSent) {
  EXPECT_FALSE(patience_.exhausted(at(1h)));
  patience_.unblocked(at(1h));
  EXPECT_FALSE(patience_.exhausted(at(2h)));
}

TEST_F(ConfirmPatienceTest, IsCountedFromTheFirstThatWaits) {
  patience_.sent(at(0s));
  patience_.sent(at(4s));
  EXPECT_FALSE(patience_.exhausted(at(4'999ms)));
  EXPECT_EQ(patience_.exhausted(at(5s)), 5s);
}

TEST_F(ConfirmPatienceTest, DoublesUpToHalfAMinuteUntilAConfirmComes) {
  patience_.sent(at(0s));
  for (const Millis waited : {5s, 10s, 20s, 30s, 30s}) {
    EXPECT_EQ(patience_.exhausted(at(1h)), waited);
  }
  patience_.confirmed(at(1h), true);
  EXPECT_FALSE(patience_.exhausted(at(1h) + 4s));
  EXPECT_EQ(patience_.exhausted(at(1h) + 5s), 5s);
}

TEST_F(ConfirmPatienceTest, StartsAnewWithEachConfirmAndAfterABlock) {
  patience_.sent(at(0s));
  patience_.confirmed(at(4s), true);
  EXPECT_FALSE(patience_.exhausted(at(8s)));
  patience_.unblocked(at(9s));
  EXPECT_FALSE(patience_.exhausted(at(13s)));
  patience_.confirmed(at(13s), false);
  EXPECT_FALSE(patience_.exhausted(at(1h))) << "nothing is waited for";
}

TEST(ConfirmPatience, OfAnOperatorWhoWantsMoreThanHalfAMinuteIsKept) {
  ConfirmPatience patience{60s};
  patience.sent(MonoTime{});
  EXPECT_EQ(patience.exhausted(MonoTime{} + 60s), 60s);
  EXPECT_EQ(patience.exhausted(MonoTime{} + 60s), 60s);
}

}  // namespace
}  // namespace tidings::queue
