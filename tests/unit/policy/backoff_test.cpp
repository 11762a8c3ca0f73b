#include "policy/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tidings::policy {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::seconds{1'700'000'000}};

config::RetryConfig someRetry(Random& dice) {
  config::RetryConfig retry;
  retry.attempts = static_cast<int>(dice.bits() % 20) + 1;
  retry.base = dice.between(1ms, 1h);
  retry.factor = 1.0 + static_cast<double>(dice.bits() % 1000) / 100.0;
  retry.max = dice.between(retry.base, 24h);
  return retry;
}

TEST(Backoff, StaysWithinItsCeiling) {
  Random dice(1);
  for (int round = 0; round < 20'000; ++round) {
    const auto retry = someRetry(dice);
    const int failures = static_cast<int>(dice.bits() % 200) + 1;
    const Millis delay = backoff(retry, failures, dice);
    const double grown =
        static_cast<double>(retry.base.count()) * std::pow(retry.factor, failures - 1);
    ASSERT_GE(delay, 0ms);
    ASSERT_LE(delay, retry.max);
    ASSERT_LE(static_cast<double>(delay.count()), grown);
  }
}

TEST(Backoff, UsesTheWholeRange) {
  Random dice(2);
  const config::RetryConfig retry{.attempts = 5, .base = 1s, .factor = 2, .max = 1h};
  Millis low = 1h, high = 0ms;
  int64_t sum = 0;
  for (int round = 0; round < 10'000; ++round) {
    const Millis delay = backoff(retry, 3, dice);  // ceiling 4 s
    low = std::min(low, delay);
    high = std::max(high, delay);
    sum += delay.count();
  }
  EXPECT_LT(low, 20ms);
  EXPECT_GT(high, 3980ms);
  EXPECT_NEAR(static_cast<double>(sum) / 10'000, 2000, 50);
}

TEST(Backoff, HugeExponentsDoNotWrapAround) {
  Random dice(3);
  const config::RetryConfig retry{.attempts = 100, .base = 1h, .factor = 100, .max = 24h};
  for (const int failures : {0, 1, 100, 1'000'000, 2'147'483'647}) {
    const Millis delay = backoff(retry, failures, dice);
    EXPECT_TRUE(delay >= 0ms && delay <= 24h);
  }
}

// Every promise of the header, on random arguments.
TEST(NextDelay, KeepsItsPromises) {
  Random dice(4);
  int given = 0;
  for (int round = 0; round < 50'000; ++round) {
    const auto retry = someRetry(dice);
    const int made = static_cast<int>(dice.bits() % 25);
    std::optional<Millis> after;
    if (dice.bits() % 2 == 0) after = dice.between(-1h, 48h);
    std::optional<WallTime> expires;
    if (dice.bits() % 2 == 0) expires = now + dice.between(-1h, 30h);
    const auto delay = nextDelay(retry, made, after, now, expires, dice);
    const Millis bound = std::clamp(after.value_or(0ms), Millis{0}, longestDelay);
    const bool fits = !expires || now + bound < *expires;
    ASSERT_EQ(delay.has_value(), made < retry.attempts && fits);
    if (!delay) continue;
    ++given;
    ASSERT_GE(*delay, bound);
    ASSERT_LE(*delay, longestDelay);
    ASSERT_LE(*delay, bound + retry.max);
    ASSERT_TRUE(!expires || now + *delay < *expires);
  }
  EXPECT_GT(given, 10'000);
}

TEST(NextDelay, RetryAfterIsSpreadOutToo) {
  Random dice(5);
  const config::RetryConfig retry{.attempts = 5, .base = 10s, .factor = 2, .max = 1h};
  const auto first = nextDelay(retry, 1, 60s, now, std::nullopt, dice);
  bool differs = false;
  for (int i = 0; i < 10; ++i)
    differs |= nextDelay(retry, 1, 60s, now, std::nullopt, dice) != first;
  EXPECT_TRUE(differs) << "or all workers would come back in the same instant";
}

TEST(NextDelay, EndsAtTheLastAttempt) {
  Random dice(6);
  const config::RetryConfig retry{.attempts = 3, .base = 1s, .factor = 2, .max = 1h};
  EXPECT_TRUE(nextDelay(retry, 2, std::nullopt, now, std::nullopt, dice));
  EXPECT_FALSE(nextDelay(retry, 3, std::nullopt, now, std::nullopt, dice));
  EXPECT_FALSE(nextDelay(retry, 3, 1s, now, std::nullopt, dice));
}

}  // namespace
}  // namespace tidings::policy
