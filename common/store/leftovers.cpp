#include "store/leftovers.h"

#include <optional>

namespace tidings::store {
namespace {

constexpr std::string_view triesSql =
    "delete from tidings.tries where at < now() - make_interval(days => $1)";
constexpr std::string_view windowsSql = "select tidings.sweep_cap_windows($1, $2)";
constexpr int blocksAtOnce = 128;  // some thousand windows

}  // namespace

Task<Status> sweepLeftovers(pg::Connection& connection, const Clock& clock, Millis retention,
                            Millis each) {
  pg::Params age;
  age.integer(std::chrono::ceil<std::chrono::days>(retention).count());
  auto tries = co_await connection.query(triesSql, age, Deadline::after(clock, each));
  if (!tries.ok()) co_return std::move(tries).error();
  std::optional<int64_t> block = 0;
  while (block) {
    pg::Params params;
    params.integer(*block).integer(blocksAtOnce);
    auto next = co_await connection.query(windowsSql, params, Deadline::after(clock, each));
    if (!next.ok()) co_return std::move(next).error();
    block = next->isNull(0, 0) ? std::nullopt : std::optional(next->integer(0, 0));
  }
  co_return done;
}

}  // namespace tidings::store
