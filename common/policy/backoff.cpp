#include "policy/backoff.h"

#include <algorithm>
#include <cmath>

namespace tidings::policy {
namespace {

// base · factor^(failures − 1), at most max; in floating point, where nothing wraps around.
Millis ceiling(const config::RetryConfig& retry, int failures) {
  const double grown =
      static_cast<double>(retry.base.count()) * std::pow(retry.factor, std::max(failures, 1) - 1);
  const auto limit = std::min(retry.max, longestDelay);
  if (!(grown < static_cast<double>(limit.count()))) return limit;
  return Millis{static_cast<Millis::rep>(grown)};
}

}  // namespace

Millis backoff(const config::RetryConfig& retry, int failures, Random& random) {
  return random.between(Millis{0}, std::max(ceiling(retry, failures), Millis{0}));
}

std::optional<Millis> nextDelay(const config::RetryConfig& retry, int attemptsMade,
                                std::optional<Millis> retryAfter, WallTime now,
                                std::optional<WallTime> expiresAt, Random& random) {
  if (attemptsMade >= retry.attempts) return std::nullopt;
  const Millis low = std::clamp(retryAfter.value_or(Millis{0}), Millis{0}, longestDelay);
  Millis high = std::min(low + ceiling(retry, attemptsMade), longestDelay);
  if (expiresAt) {
    // An attempt at the very instant of expiry would come too late.
    const Millis latest = *expiresAt - now - Millis{1};
    if (latest < low) return std::nullopt;
    high = std::min(high, latest);
  }
  return random.between(low, high);
}

}  // namespace tidings::policy
