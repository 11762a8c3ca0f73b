// What the tests of connections share: a loop, sessions with the server, and waiting for an answer
// with a cap that only a hang reaches.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "pg/connection.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"

namespace tidings::pg {

inline constexpr Millis hang{30'000};

struct ConnectionTest : testing::Test {
  using Answer = std::optional<Result<Rows>>;

  static std::string url() {
    const char* url = std::getenv("TIDINGS_PG_URL");
    if (url == nullptr) throw std::runtime_error("TIDINGS_PG_URL is not set: scripts/stack start");
    return url;
  }
  std::unique_ptr<Connection> open(ConnectionOptions options = {}) {
    if (options.url.empty()) options.url = url();
    options.purpose = "test";
    auto made = std::make_unique<Connection>(loop, std::move(options));
    made->start();
    return made;
  }
  Deadline within(Millis wait) const { return Deadline::after(loop.clock(), wait); }

  Result<Rows> ask(Connection& on, std::string_view sql, const Params& params = {}) {
    return loop.run(on.query(sql, params, within(hang)));
  }
  std::string text(Connection& on, std::string_view sql, const Params& params = {}) {
    const auto rows = ask(on, sql, params);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() && !rows->empty() ? std::string(rows->text(0, 0)) : "(none)";
  }
  void later(Connection& on, std::string_view sql, Answer& to, Millis wait = hang) {
    scope.spawn(askInto(on, sql, within(wait), to));
  }
  static Task<void> askInto(Connection& on, std::string_view sql, Deadline deadline, Answer& to) {
    const Params none;
    to.emplace(co_await on.query(sql, none, deadline));
  }
  bool until(std::function<bool()> holds) { return loop.run(poll(loop, holds, within(hang))); }
  static Task<bool> poll(Loop& loop, std::function<bool()> holds, Deadline deadline) {
    while (!holds()) {
      if (deadline.passed(loop.clock())) co_return false;
      co_await sleepFor(loop, Millis{1});
    }
    co_return true;
  }
  void close(Connection& connection) { loop.run(connection.close()); }
  static std::optional<ErrorKind> kind(const Result<Rows>& result) {
    return result.ok() ? std::nullopt : std::optional(result.error().kind);
  }

  SystemClock clock;
  Loop loop{clock};
  Scope scope;
};

}  // namespace tidings::pg
