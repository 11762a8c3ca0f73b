// The delay ladder: durable timers of one fixed time each. A message goes down the largest rung
// that fits what remains, and again from there; so any delay is kept within the last two seconds.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"

namespace tidings::queue {

struct Rung {
  std::chrono::seconds delay;
  std::string exchange;  // publish here, with the retry queue as routing key
};

// Ascending.
std::span<const Rung> rungs();

// What is left of a wait that a worker holds in memory instead of using the ladder.
inline constexpr Millis holdAtMost{2000};

// The largest rung not longer than `remaining`; nullptr when the worker should hold the message
// itself (remaining ≤ holdAtMost).
const Rung* rungFor(Millis remaining);

}  // namespace tidings::queue
