// What an error with which the broker closed a channel says of one of its messages. A message that
// makes the broker close the channel must not be sent again and again. Pure.
#pragma once

#include <optional>

#include "base/result.h"
#include "queue/send_window.h"

namespace tidings::queue {

// How the sending ends; nullopt: it is sent once more. Counts the channels it has seen closed.
std::optional<Error> refusedBy(const Error& closed, Sending& sending);

}  // namespace tidings::queue
