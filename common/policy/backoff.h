// How long to wait before trying again. Pure but for the dice.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "config/config.h"

namespace tidings::policy {

inline constexpr Millis longestDelay = std::chrono::hours{24};

// Full jitter: uniform in [0, min(max, base · factor^(failures − 1))]. failures ≥ 1.
Millis backoff(const config::RetryConfig& retry, int failures, Random& random);

// The delay before the next attempt, or nullopt if there is none: attemptsMade has reached
// retry.attempts, or (attemptsMade still below it) no attempt fits before expiresAt.
// retryAfter is a lower bound, the jitter goes on top; never more than longestDelay.
std::optional<Millis> nextDelay(const config::RetryConfig& retry, int attemptsMade,
                                std::optional<Millis> retryAfter, WallTime now,
                                std::optional<WallTime> expiresAt, Random& random);

}  // namespace tidings::policy
