// Any delay down the ladder, on a clock that moves by hand: rungs that answer late (the broker was
// down when the time was up), workers that end while they hold the last seconds.
#include <gtest/gtest.h>

#include <cmath>

#include "queue/headers.h"
#include "queue/ladder.h"
#include "support/seeded.h"

namespace tidings::queue {
namespace {

using namespace std::chrono_literals;

struct Journey {
  int hops = 0;
  int ends = 0;    // of workers
  Millis last{0};  // how late its last rung was
};

// The instant as the next worker reads it.
WallTime readBack(WallTime notBefore) {
  JobHeaders headers;
  headers.notBefore = notBefore;
  return readHeaders(writeHeaders(headers, {})).notBefore.value();
}

Millis someDelay(Dice& dice) {
  // As many short ones as long ones: 1 s to 30 days.
  const double exponent = static_cast<double>(dice.upTo(1'000'000)) / 1e6;
  return Millis{static_cast<Millis::rep>(1000 * std::pow(30.0 * 86'400, exponent))};
}

Millis someLateness(Dice& dice) {
  if (dice.chance(70)) return Millis{dice.from(0, 3)};
  return dice.chance(70) ? Millis{dice.from(0, 5'000)} : Millis{dice.from(0, 3'600'000)};
}

Journey travel(Dice& dice, ManualClock& clock, WallTime notBefore) {
  Journey journey;
  while (clock.wall() < notBefore) {
    const Millis rest = readBack(notBefore) - clock.wall();
    if (const Rung* rung = rungFor(rest)) {
      ++journey.hops;
      journey.last = someLateness(dice);
      clock.advance(rung->delay + journey.last);
    } else if (dice.chance(20)) {
      ++journey.ends;  // the broker has the message again
      clock.advance(Millis{dice.from(0, static_cast<int>(rest.count()))});
    } else {
      EXPECT_LE(rest, holdAtMost);
      journey.last = 0ms;
      clock.advance(rest);
    }
    if (journey.hops + journey.ends > 1000) break;
  }
  return journey;
}

TEST(LadderProperty, AnyDelayArrivesInTimeAndNeverEarly) {
  playRounds(5000, [](Dice& dice) {
    ManualClock clock;
    const WallTime notBefore = clock.wall() + someDelay(dice);
    const Journey journey = travel(dice, clock, notBefore);
    ASSERT_GE(clock.wall(), notBefore) << "early";
    // What earlier rungs were late, later ones make up for.
    ASSERT_LE(clock.wall() - notBefore, journey.last);
    ASSERT_LE(journey.hops, 35);
  });
}

// The wall clock is set while the message waits: it is the wall clock that the message goes by.
TEST(LadderProperty, ASteppedClockMakesNothingEarlyByThatClock) {
  playRounds(2000, [](Dice& dice) {
    ManualClock clock;
    const WallTime notBefore = clock.wall() + someDelay(dice);
    int hops = 0;
    for (int steps = dice.from(1, 4); steps > 0; --steps) {
      const Rung* rung = rungFor(notBefore - clock.wall());
      if (rung != nullptr) clock.advance(rung->delay);
      clock.stepWall(Millis{dice.from(-3'600'000, 3'600'000)});
      ++hops;
    }
    const Journey journey = travel(dice, clock, notBefore);
    ASSERT_GE(clock.wall(), notBefore);
    ASSERT_LE(journey.hops + hops, 40);
  });
}

}  // namespace
}  // namespace tidings::queue
