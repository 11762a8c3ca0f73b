// One pool member: builds its parts in order, works until it is told to stop, drains, and returns
// the process's exit code.
#pragma once

#include <memory>

#include "base/clock.h"
#include "config/config.h"
#include "observe/log.h"
#include "options.h"
#include "runtime/loop.h"
#include "runtime/task.h"

namespace tidings::worker {

Task<int> runWorker(Loop& loop, observe::Log& log, const Options& options, config::Config config);

}  // namespace tidings::worker
