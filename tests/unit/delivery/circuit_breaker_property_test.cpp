// Random answers at random instants against the rules of the breaker, written down once more.
#include <gtest/gtest.h>

#include "delivery/circuit_breaker.h"
#include "support/seeded.h"

namespace tidings::delivery {
namespace {

struct Model {
  CircuitBreaker::Options options;
  enum { closed, open, probing } state = closed;
  int inARow = 0;
  Millis cooldown = options.cooldown;
  MonoTime until{};  // open: the end of the cooldown; probing: the end of the probe's patience

  bool maySend(MonoTime now) {
    if (state == closed) return true;
    if (now < until) return false;
    state = probing;
    until = now + options.probePatience;
    return true;
  }
  void succeed() { *this = Model{options}; }
  void fail(MonoTime now) {
    if (++inARow < options.failures && state == closed) return;
    if (state != open) trip(now);
  }
  void refuse(MonoTime now) {
    if (state != open) trip(now);
  }
  void trip(MonoTime now) {
    if (state == probing) cooldown = std::min(2 * cooldown, options.maxCooldown);
    state = open;
    until = now + cooldown;
  }
};

CircuitBreaker::Options someOptions(Dice& dice) {
  const Millis cooldown{dice.from(1, 20'000)};
  return {.failures = dice.from(1, 6),
          .cooldown = cooldown,
          .maxCooldown = cooldown * dice.from(1, 9),
          .probePatience = Millis{dice.from(1, 40'000)}};
}

void letTimePass(Dice& dice, const Model& model, ManualClock& clock) {
  // Often exactly to the instant at which something changes, or just before.
  const Millis left = std::chrono::duration_cast<Millis>(model.until - clock.mono());
  if (model.state != Model::closed && left > Millis{0} && dice.chance(50)) {
    clock.advance(left - Millis{dice.from(0, 1)});
  } else {
    clock.advance(Millis{dice.from(0, 15'000)});
  }
}

TEST(CircuitBreakerProperty, DoesAsTheModel) {
  playRounds(500, [](Dice& dice) {
    ManualClock clock;
    const CircuitBreaker::Options options = someOptions(dice);
    CircuitBreaker breaker(options);
    Model model{options};
    for (int i = 0; i < 200; ++i) {
      const MonoTime now = clock.mono();
      switch (dice.upTo(6)) {
        case 0:
          breaker.succeeded();
          model.succeed();
          break;
        case 1:
        case 2:
          breaker.failed(now);
          model.fail(now);
          break;
        case 3:
          breaker.refused(now);
          model.refuse(now);
          break;
        case 4:
          letTimePass(dice, model, clock);
          break;
        default: {
          const auto blocked = breaker.blockedFor(now);
          ASSERT_EQ(!blocked, model.maySend(now)) << "step " << i;
          if (!blocked) break;
          EXPECT_GT(*blocked, Millis{0});
          // Whoever waits so long may not be blocked for ever: it is never past the change.
          EXPECT_LE(now + *blocked - Millis{1'000}, model.until);
        }
      }
      ASSERT_EQ(breaker.open(), model.state != Model::closed) << "step " << i;
    }
  });
}

// A provider that is down for a while gets one request per cooldown, and is found again.
TEST(CircuitBreakerProperty, AnOutageIsProbedSeldomAndItsEndIsNoticed) {
  playRounds(200, [](Dice& dice) {
    ManualClock clock;
    const CircuitBreaker::Options options = someOptions(dice);
    CircuitBreaker breaker(options);
    const MonoTime start = clock.mono();
    const MonoTime end = start + Millis{dice.from(0, 600'000)};
    int sent = 0;
    while (clock.mono() < end) {
      const auto blocked = breaker.blockedFor(clock.mono());
      if (blocked) {
        clock.advance(*blocked);
        continue;
      }
      ++sent;
      breaker.failed(clock.mono());
    }
    EXPECT_LE(sent, options.failures + (end - start) / options.cooldown + 1);
    if (const auto blocked = breaker.blockedFor(clock.mono())) {
      clock.advance(*blocked);
      EXPECT_FALSE(breaker.blockedFor(clock.mono()));
    }
    EXPECT_LE(clock.mono(), end + options.maxCooldown);
    breaker.succeeded();
    EXPECT_FALSE(breaker.open());
  });
}

}  // namespace
}  // namespace tidings::delivery
