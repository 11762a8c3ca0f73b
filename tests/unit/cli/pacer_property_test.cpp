// A rate on a clock that moves by hand: letters that come at random times, in rushes and after
// pauses, by somebody who waits as long as told, or longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pacer.h"
#include "support/seeded.h"

namespace tidings::cli {
namespace {

using namespace std::chrono_literals;

// As many slow ones as fast ones: one in a hundred seconds to ten thousand a second.
double someRate(Dice& dice) { return std::pow(10.0, dice.from(-200, 400) / 100.0); }

Millis somePause(Dice& dice) {
  if (dice.chance(80)) return 0ms;
  return Millis{dice.chance(70) ? dice.from(0, 100) : dice.from(0, 20'000)};
}

double secondsBetween(MonoTime from, MonoTime to) {
  return std::chrono::duration<double>(to - from).count();
}

// The instants at which they go.
std::vector<MonoTime> letThrough(Dice& dice, double rate) {
  ManualClock clock;
  Pacer pacer(clock, rate);
  std::vector<MonoTime> gone;
  for (int i = dice.from(2, 1'000); i > 0; --i) {
    clock.advance(somePause(dice));
    const Millis wait = pacer.next();
    EXPECT_LE(static_cast<double>(wait.count()), 1000 / rate + 1) << "for more than its turn";
    clock.advance(wait + somePause(dice));
    gone.push_back(clock.mono());
  }
  return gone;
}

// Of all spans, from any one to any other: the most that went beyond the rate.
double mostBeyond(const std::vector<MonoTime>& gone, double rate) {
  double lowest = 0, most = 0;
  for (size_t i = 0; i < gone.size(); ++i) {
    const double level = static_cast<double>(i) - rate * secondsBetween(gone.front(), gone[i]);
    lowest = std::min(lowest, level);
    most = std::max(most, level - lowest + 1);
  }
  return most;
}

// Besides a second's worth, those two with which the span begins: one whose turn is now, and one
// that was let through before and dawdled.
TEST(PacerProperty, InNoSpanMoreThanTheRateAllowsAndOneSecondsWorthAtOnce) {
  playRounds(200, [](Dice& dice) {
    const double rate = someRate(dice);
    EXPECT_LE(mostBeyond(letThrough(dice, rate), rate), rate + 2 + 1e-3) << rate << " a second";
  });
}

// Waits are rounded up to milliseconds, which is made up for.
TEST(PacerProperty, WhoIsAlwaysReadyGetsTheWholeRate) {
  playRounds(200, [](Dice& dice) {
    const double rate = someRate(dice);
    ManualClock clock;
    Pacer pacer(clock, rate);
    const MonoTime start = clock.mono();
    const int count = dice.from(1, 2'000);
    for (int i = 0; i < count; ++i) clock.advance(pacer.next());
    EXPECT_NEAR(secondsBetween(start, clock.mono()), (count - 1) / rate, 2e-3) << rate;
  });
}

TEST(PacerProperty, WithoutARateNobodyWaits) {
  const ManualClock clock;
  Pacer pacer(clock, 0);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(pacer.next(), 0ms);
}

}  // namespace
}  // namespace tidings::cli
