// The database's schema: numbered steps, each in its own transaction, under an advisory lock, so
// that any number of programs may migrate at the same time and beside running workers.
#pragma once

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "pg/connection.h"
#include "runtime/task.h"

namespace tidings::store {

struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;
};

// In ascending order; embedded in the program.
std::span<const Migration> migrations();

struct Migrated {
  int from = 0;  // the schema's number before; 0: there was none
  int to = 0;
};

// Brings the schema to the newest number. A schema newer than this program is left alone.
Task<Result<Migrated>> migrate(pg::Connection& connection, Deadline deadline);

// The schema's number; 0 when there is none.
Task<Result<int>> schemaNumber(pg::Connection& connection, Deadline deadline);

}  // namespace tidings::store
