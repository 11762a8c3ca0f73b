#include "store/migrations.h"

#include <algorithm>

namespace tidings::store {
namespace {

// Session lock: held over all steps, and gone with the session if this program dies.
constexpr std::string_view lockSql = "select pg_advisory_lock(1953063017, 0)";
constexpr std::string_view unlockSql = "select pg_advisory_unlock(1953063017, 0)";
constexpr std::string_view schemaSql = "create schema if not exists tidings";
constexpr std::string_view tableSql =
    "create table if not exists tidings.migrations (number int primary key, name text not null, "
    "applied_at timestamptz not null default now())";
// Lives as long as the session. Runs a whole script and notes it, as one statement.
constexpr std::string_view runnerSql =
    "create or replace function pg_temp.migrate(p_number int, p_name text, p_sql text) "
    "returns void language plpgsql as $$ begin execute p_sql; "
    "insert into tidings.migrations (number, name) values (p_number, p_name); end $$";
constexpr std::string_view applySql = "select pg_temp.migrate($1, $2, $3)";
constexpr std::string_view existsSql = "select to_regclass('tidings.migrations') is not null";
constexpr std::string_view numberSql = "select coalesce(max(number), 0) from tidings.migrations";

Task<Result<Migrated>> migrateLocked(pg::Connection& connection, Deadline deadline) {
  const pg::Params none;
  for (const auto sql : {schemaSql, tableSql, runnerSql}) {
    auto made = co_await connection.query(sql, none, deadline);
    if (!made.ok()) co_return std::move(made).error();
  }
  auto current = co_await connection.query(numberSql, none, deadline);
  if (!current.ok()) co_return std::move(current).error();
  Migrated result;
  result.from = result.to = static_cast<int>(current->integer(0, 0));
  for (const Migration& step : migrations()) {
    if (step.number <= result.from) continue;
    pg::Params params;
    params.integer(step.number).text(std::string(step.name)).text(std::string(step.sql));
    auto applied = co_await connection.query(applySql, params, deadline);
    if (!applied.ok()) {
      Error error = std::move(applied).error();
      error.message = "migration " + std::string(step.name) + ": " + error.message;
      co_return error;
    }
    result.to = step.number;
  }
  co_return result;
}

}  // namespace

Task<Result<Migrated>> migrate(pg::Connection& connection, Deadline deadline) {
  const pg::Params none;
  auto locked = co_await connection.query(lockSql, none, deadline);
  if (!locked.ok()) co_return std::move(locked).error();
  auto result = co_await migrateLocked(connection, deadline);
  auto unlocked = co_await connection.query(unlockSql, none, deadline);
  if (result.ok() && !unlocked.ok()) co_return std::move(unlocked).error();
  co_return result;
}

Task<Result<int>> schemaNumber(pg::Connection& connection, Deadline deadline) {
  const pg::Params none;
  auto exists = co_await connection.query(existsSql, none, deadline);
  if (!exists.ok()) co_return std::move(exists).error();
  if (!exists->boolean(0, 0)) co_return 0;
  auto number = co_await connection.query(numberSql, none, deadline);
  if (!number.ok()) co_return std::move(number).error();
  co_return static_cast<int>(number->integer(0, 0));
}

}  // namespace tidings::store
