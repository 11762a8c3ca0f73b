#include "store/partitions.h"

namespace tidings::store {

Task<Result<PartitionChanges>> maintainPartitions(pg::Connection& connection, Millis retention,
                                                  Deadline deadline) {
  constexpr int weeksAhead = 4;
  pg::Params params;
  params.integer(std::chrono::ceil<std::chrono::days>(retention).count()).integer(weeksAhead);
  auto rows = co_await connection.query(
      "select made, dropped from tidings.maintain_partitions($1, $2)", params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  co_return PartitionChanges{static_cast<int>(rows->integer(0, 0)),
                             static_cast<int>(rows->integer(0, 1))};
}

}  // namespace tidings::store
