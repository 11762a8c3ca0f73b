// The broker's objects: their names, and declaring them. Work queues are declared durable and
// without arguments, so that an app's own plain declaration never conflicts, whichever comes first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "amqp/settings.h"
#include "runtime/loop.h"

namespace tidings::queue {

inline constexpr std::string_view appExchange = "notifications";  // topic
inline constexpr std::string_view deadExchange = "tidings.dead";  // topic

std::string typeQueue(std::string_view type);   // notifications.<type>
std::string retryQueue(std::string_view type);  // notifications.<type>.retry
std::string deadQueue(std::string_view type);   // notifications.<type>.dead

// Declares everything for these types, and the delay ladder, over a connection of its own.
// Idempotent and safe beside running workers. Errors: unreachable; invalid when an object exists
// with other properties (with the broker's text); permanent when the broker refuses us.
Task<Status> declareTopology(Loop& loop, const amqp::Settings& settings,
                             const std::vector<std::string>& types, Deadline deadline);

}  // namespace tidings::queue
