#include "queue/ladder.h"

#include <gtest/gtest.h>

namespace tidings::queue {
namespace {

using namespace std::chrono_literals;

TEST(Ladder, RungsAscendAndAreNamedByTheirSeconds) {
  std::chrono::seconds last{0};
  for (const Rung& rung : rungs()) {
    EXPECT_GT(rung.delay, last);
    last = rung.delay;
    EXPECT_EQ(rung.exchange, "tidings.delay." + std::to_string(rung.delay.count()) + "s");
  }
  EXPECT_EQ(rungs().front().delay, 1s);
  EXPECT_EQ(rungs().back().delay, 30 * 24h);
  // RabbitMQ takes times to live below 2^32 ms.
  EXPECT_LT(Millis(rungs().back().delay).count(), 1ll << 32);
}

TEST(Ladder, TheLastTwoSecondsAreNotForIt) {
  EXPECT_EQ(rungFor(-1s), nullptr);
  EXPECT_EQ(rungFor(0ms), nullptr);
  EXPECT_EQ(rungFor(2s), nullptr);
  EXPECT_EQ(rungFor(2001ms)->delay, 2s);
}

TEST(Ladder, TakesTheLargestThatFits) {
  EXPECT_EQ(rungFor(12'999ms)->delay, 8s);
  EXPECT_EQ(rungFor(13s)->delay, 13s);
  EXPECT_EQ(rungFor(400 * 24h)->delay, 30 * 24h);
}

TEST(Ladder, AnyWaitEndsWithinTheHoldInFewSteps) {
  for (Millis wait{0}; wait < 40 * 24h; wait = wait * 5 / 4 + 777ms) {
    Millis left = wait;
    int steps = 0;
    while (const Rung* rung = rungFor(left)) {
      left -= rung->delay;
      ++steps;
      ASSERT_GE(left, 0ms);
    }
    EXPECT_LE(left, holdAtMost);
    // Nobody's wait is published more than this often; the steep upper rungs take the most.
    EXPECT_LE(steps, 35) << wait.count();
  }
}

}  // namespace
}  // namespace tidings::queue
