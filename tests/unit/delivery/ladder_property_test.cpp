// Any delay down the ladder, as workers send a message off and take it back, on a clock that moves
// by hand: rungs that answer late (the broker was down when the time was up), workers that end
// while they hold the last seconds, workers whose clocks are wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "delivery/follow_up.h"
#include "queue/ladder.h"
#include "support/seeded.h"

namespace tidings::delivery {
namespace {

using namespace std::chrono_literals;

constexpr Millis longest = 30 * 24h;

struct Travel {
  int hops = 0;
  int ends = 0;    // of workers
  Millis last{0};  // how late its last rung was
  Millis late{0};  // all rungs together, and what workers held in vain
  bool goesOn() const { return hops + ends < 1000; }
};

Millis someLateness(Dice& dice) {
  if (dice.chance(70)) return Millis{dice.from(0, 3)};
  return dice.chance(70) ? Millis{dice.from(0, 5'000)} : Millis{dice.from(0, 3'600'000)};
}

// The rung that it is on; zero: none, it comes back at once.
Millis timeOn(const queue::Outgoing& message) {
  const auto rungs = queue::rungs();
  const auto rung = std::find_if(rungs.begin(), rungs.end(), [&](const queue::Rung& each) {
    return each.exchange == message.exchange;
  });
  return rung == rungs.end() ? 0ms : Millis{rung->delay};
}

// `clock` tells the truth; that of whichever worker gets the message is wrong by so much at most.
Travel travel(Dice& dice, ManualClock& clock, WallTime notBefore, int wrong = 0) {
  Travel travel;
  queue::Outgoing message = delayed({}, {}, notBefore, notBefore - clock.wall());
  while (travel.goesOn()) {
    if (const Millis rung = timeOn(message); rung > 0ms) {
      ++travel.hops;
      travel.last = someLateness(dice);
      travel.late += travel.last;
      clock.advance(rung + travel.last);
    }
    queue::Incoming back;
    back.properties = message.properties;
    const queue::JobHeaders headers = queue::readHeaders(back.properties.headers);
    const Millis wait = waitLeft(headers, clock.wall() + Millis{dice.from(-wrong, wrong)});
    if (queue::rungFor(wait) != nullptr) {
      message = delayed(back, headers, *headers.notBefore, wait);
    } else if (dice.chance(20)) {
      ++travel.ends;  // the broker has the message again
      const Millis held{dice.from(0, static_cast<int>(wait.count()))};
      travel.late += held;
      clock.advance(held);
      message.exchange.clear();
    } else {
      clock.advance(wait);
      return travel;
    }
  }
  ADD_FAILURE() << "it never arrives";
  return travel;
}

TEST(LadderProperty, AnyDelayArrivesInTimeAndNeverEarly) {
  playRounds(1000, [](Dice& dice) {
    ManualClock clock;
    const WallTime notBefore = clock.wall() + dice.delay(1s, longest);
    const Travel travelled = travel(dice, clock, notBefore);
    ASSERT_GE(clock.wall(), notBefore) << "early";
    // What earlier rungs were late, later ones make up for.
    ASSERT_LE(clock.wall() - notBefore, travelled.last);
    ASSERT_LE(travelled.hops, 35);
  });
}

// A clock that is fast shortens the wait by as much; one that is slow does not prolong it.
TEST(LadderProperty, WrongClocksMakeItEarlyByTheirErrorAtMostAndNeverLate) {
  playRounds(1000, [](Dice& dice) {
    ManualClock clock;
    const WallTime notBefore = clock.wall() + dice.delay(1s, longest);
    const int wrong = static_cast<int>(dice.delay(1ms, 1h).count());
    const Travel travelled = travel(dice, clock, notBefore, wrong);
    ASSERT_GE(clock.wall(), notBefore - Millis{wrong}) << "early";
    ASSERT_LE(clock.wall() - notBefore, travelled.late) << "late";
    ASSERT_LE(travelled.hops, 40);
  });
}

}  // namespace
}  // namespace tidings::delivery
