// One PostgreSQL session on the loop: connects in the background, reconnects for ever with capped,
// jittered backoff, and pipelines: any number of queries may be out, each its own transaction, and
// they are answered in order. Every statement is prepared once per session.
//
// Loop thread only. start() once; co_await close() before it dies.
// Errors of query(): `unreachable` or `timeout` when nothing was sent; `uncertain` when it was sent
// and no answer came (connection lost, or deadline passed: the connection is then closed, and the
// server gives the statement up); `cancelled` after stop(); else the server's SQLSTATE
// (sqlstate.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pg/params.h"
#include "pg/rows.h"
#include "runtime/loop.h"
#include "runtime/task.h"

namespace tidings::pg {

struct Statement {
  std::string sql;
  Params params;
};

struct ConnectionOptions {
  std::string url;      // any libpq conninfo string or URI
  std::string purpose;  // names the session: "tidings <purpose>" is its application_name
  // Run on each new session before anything else; if one fails, so does the session.
  std::vector<Statement> greeting = {};
  Millis connectTimeout{5'000};
  Millis backoffBase{50};
  Millis backoffMax{2'000};
  std::function<void(std::string_view channel, std::string_view payload)> onNotify = {};
  // true: the greeting is done; false: the session was lost or could not be made (why).
  std::function<void(bool up, std::string_view why)> onChange = {};
};

class Connection {
 public:
  struct Stats {
    uint64_t roundTrips = 0;  // statements sent
    uint64_t sessions = 0;    // sessions made
    uint64_t failures = 0;    // sessions lost or not made
  };

  Connection(Loop& loop, ConnectionOptions options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  bool connected() const;
  // Waits for a session if there is none. `sql` and `params` must live until the task ends. An
  // `sql` is prepared under its own text: don't build it from data.
  Task<Result<Rows>> query(std::string_view sql, const Params& params, Deadline deadline);
  // Gives up what waits and what is out (`cancelled`) and closes the session; query() fails from
  // now on.
  void stop();
  Task<void> close();  // stop() and the end of all background work
  const Stats& stats() const;
  // The server's process id of the current session; 0 without one.
  int backendPid() const;
  // What others could read of the current session, in words; empty for nothing, or without one.
  std::string exposure() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::pg
