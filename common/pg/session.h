// One libpq session in pipeline mode. Internal to this room; Connection owns it and makes the next
// one when it is lost.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "pg/connection.h"
#include "pg/peer.h"
#include "runtime/one_shot.h"

struct pg_conn;    // libpq's PGconn
struct pg_result;  // libpq's PGresult

namespace tidings::pg {

// A statement under way; lives in the frame of query().
struct Request {
  std::string_view sql;
  const Params* params;
  OneShot<Result<Rows>>* answer;
  bool sent = false;
  std::string name = {};  // of its prepared statement
  bool prepares = false;  // that is prepared with it, and has not been yet
  std::optional<Error> error = {};
  bool unusable = false;  // the error means that there is no such statement, or no more
  Rows rows = {};
};

class Session {
 public:
  using Handle = std::unique_ptr<pg_conn, void (*)(pg_conn*)>;
  using OnNotify = std::function<void(std::string_view channel, std::string_view payload)>;
  using OnLost = std::function<void(std::string why)>;

  // `unreachable` with the library's words, or `cancelled`.
  static Task<Result<Handle>> connect(Loop& loop, std::string url, std::string name,
                                      Deadline deadline, std::stop_token stop);

  // `onLost` is called at most once and must not destroy the session itself.
  Session(Loop& loop, Handle handle, OnNotify onNotify, OnLost onLost);
  ~Session();

  void send(Request& request);
  // Everything outstanding gets this error, or the server's own last word.
  void fail(const Error& error);
  int backendPid() const;
  Peer peer() const;

 private:
  bool submit(Request& request);
  void onReady(bool readable, bool writable);
  void takeResults();
  void takeNotifications();
  void takeError(Request& request, const pg_result* result);
  void finishFront();
  void flush();
  void lose();

  Loop& loop_;
  Handle handle_;
  OnNotify onNotify_;
  OnLost onLost_;
  std::unique_ptr<FdWatch> watch_;
  std::deque<Request*> out_;
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> prepared_;  // sql → name
  uint64_t lastName_ = 0;
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;  // of values_
  bool lost_ = false;
};

}  // namespace tidings::pg
