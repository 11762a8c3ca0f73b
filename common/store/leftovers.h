// What nobody needs any more and no partition takes along: cap windows that hold no slot, and tries
// of workers that died and whose messages ended elsewhere. Swept at a worker's start and daily;
// safe to run anywhere at the same time.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "pg/connection.h"
#include "runtime/task.h"

namespace tidings::store {

// In statements of their own, so that nobody waits for more than a few rows. `each`: the time that
// one of them is given.
Task<Status> sweepLeftovers(pg::Connection& connection, const Clock& clock, Millis retention,
                            Millis each);

}  // namespace tidings::store
