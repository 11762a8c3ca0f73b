// Whole lives of retries: every delay within the ceiling of its attempt, none past the expiry.
#include <gtest/gtest.h>

#include "policy/backoff.h"
#include "support/seeded.h"

namespace tidings::policy {
namespace {

using namespace std::chrono_literals;

config::RetryConfig someRetry(Dice& dice) {
  const Millis base{dice.from(1, 60'000)};
  return {.attempts = dice.from(1, 12),
          .base = base,
          .factor = static_cast<double>(dice.from(10, 50)) / 10,
          .max = base * dice.from(1, 500)};
}

// Grown step by step; no more precise than a millisecond each.
Millis ceilingOf(const config::RetryConfig& retry, int failures) {
  double grown = static_cast<double>(retry.base.count());
  for (int i = 1; i < failures; ++i) grown *= retry.factor;
  const auto limit = static_cast<double>(std::min<Millis>(retry.max, longestDelay).count());
  return Millis{static_cast<Millis::rep>(std::min(grown, limit))} + 1ms;
}

TEST(BackoffProperty, ALifeOfRetriesEndsInTimeAndNeverPastItsExpiry) {
  playRounds(3000, [](Dice& dice) {
    const auto retry = someRetry(dice);
    ManualClock clock;
    const WallTime start = clock.wall();
    std::optional<WallTime> expires;
    if (dice.chance(50)) expires = start + Millis{dice.from(0, 7'200'000)};
    Millis most = 0ms;
    int made = 1;
    for (;; ++made) {
      ASSERT_LE(made, retry.attempts);
      std::optional<Millis> least;
      if (dice.chance(30)) least = Millis{dice.from(0, 120'000)};
      const Millis bound = least.value_or(0ms);
      const auto delay = nextDelay(retry, made, least, clock.wall(), expires, dice);
      const bool fits = !expires || clock.wall() + bound < *expires;
      ASSERT_EQ(delay.has_value(), made < retry.attempts && fits);
      if (!delay) break;
      ASSERT_GE(*delay, bound);
      ASSERT_LE(*delay, bound + ceilingOf(retry, made));
      most += bound + ceilingOf(retry, made);
      clock.advance(*delay);
      ASSERT_TRUE(!expires || clock.wall() < *expires);
    }
    ASSERT_LE(clock.wall() - start, most);
  });
}

}  // namespace
}  // namespace tidings::policy
