// A JSON text that somebody typed → the message to publish. Pure.
#pragma once

#include <string>

#include "config/config.h"
#include "queue/publisher.h"

namespace tidings::cli {

// Checks it as the worker would. `type` stands in where the message names none; a message that
// names another is an error. The bytes stay as they are, but for a missing `type`, which is added.
// Error{invalid} names the JSON pointer, what was found and what was expected.
Result<queue::Outgoing> toOutgoing(std::string text, const std::string& type,
                                   const config::Config& config, WallTime now);

}  // namespace tidings::cli
