// Looks now and then how many messages are ready in the queues that an Intake consumes, so that
// "messages wait and none is delivered" can be told from "nothing to do".
#pragma once

#include <stop_token>
#include <vector>

#include "amqp/connection.h"
#include "queue/intake.h"
#include "runtime/task.h"

namespace tidings::queue {

// Keeps stats.ready and stats.readySince until the session stops or the connection is lost.
Task<void> watchDepth(Loop& loop, amqp::Connection& connection,
                      const std::vector<Intake::Source>& sources, Intake::Stats& stats,
                      std::stop_token session);

}  // namespace tidings::queue
