// What an answer of a provider means for the delivery: the closed set of things that can happen
// next. Pure but for the dice of the backoff.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "config/config.h"
#include "notification/delivery.h"
#include "notification/outcome.h"

namespace tidings::delivery {

// How long a delivery is kept for reasons that are not its own (the provider throttles us, refuses
// our credentials, its circuit is open) before it is given up, counted from when it was first seen,
// or from the end of a wait for its own time.
inline constexpr Millis patience = std::chrono::hours{24};

struct AttemptFacts {
  const config::TypeConfig& type;
  int attemptsBefore = 0;  // that counted, before this one
  WallTime now;
  WallTime firstSeen;
  std::optional<WallTime> expiresAt;
  bool idempotent = false;  // sending again after `unknown` can't reach the recipient twice
};

struct Disposition {
  notification::DeliveryState state = notification::DeliveryState::sent;
  std::string reason;              // of skipped, deferred and dead; of retrying where it matters
  int attempts = 0;                // that counted, this one included
  std::optional<Millis> delay;     // set exactly for retrying and deferred
  bool deactivateAddress = false;  // the provider says that it no longer exists
  bool uncertain = false;          // it may have been sent all the same
};

Disposition dispose(const notification::Outcome& outcome, const AttemptFacts& facts,
                    Random& random);

// The reason of what waits for its sendAt.
inline constexpr std::string_view waitsForSendAt = "send_at";

// A wait that the app or a cap wants, however long: patience begins when it ends.
bool waitsForItsTime(const Disposition& disposition);

// Nothing was tried: wait, without counting an attempt, unless it would expire or patience has run
// out.
Disposition postpone(Millis wait, std::string_view reason, const AttemptFacts& facts);

}  // namespace tidings::delivery
