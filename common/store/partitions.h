// The log's weekly partitions: made ahead of time, dropped when all in them is older than the
// retention. Run at set-up, at a worker's start and daily; safe to run anywhere at the same time.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "pg/connection.h"
#include "runtime/task.h"

namespace tidings::store {

struct PartitionChanges {
  int made = 0;
  int dropped = 0;
};

Task<Result<PartitionChanges>> maintainPartitions(pg::Connection& connection, Millis retention,
                                                  Deadline deadline);

}  // namespace tidings::store
