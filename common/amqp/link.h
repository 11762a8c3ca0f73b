// Link: keeps one connection to the broker alive. Connects to the endpoints in turn (from a random
// one on, in a shuffled order), lets its owner serve the connection, and reconnects with capped,
// jittered backoff when it is lost.
//
// Owner: whoever needs a connection. Loop thread only. shutdown() must be awaited before it dies.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "amqp/connection.h"
#include "base/random.h"
#include "runtime/scope.h"

namespace tidings::amqp {

class Link {
 public:
  // Runs as long as the connection lives; must end soon after it is lost.
  using Serve = std::function<Task<void>(Connection&)>;

  Link(Loop& loop, Settings settings, Counters& counters, Serve serve, OnNotice onNotice);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void start();
  // No new connection from now on. Safe twice or before start().
  void stop() { stop_.request_stop(); }
  // stop(), say goodbye, and wait until the owner's serving has ended.
  Task<void> shutdown(Deadline deadline);
  // nullptr while there is none.
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  static Task<void> run(Link& self);
  Task<void> once(const Endpoint& endpoint);
  Millis pause();
  void tell(NoticeKind kind, std::string text);

  Loop& loop_;
  Settings settings_;
  Counters& counters_;
  Serve serve_;
  OnNotice onNotice_;
  Random random_;
  std::stop_source stop_;
  std::shared_ptr<Connection> connection_;
  int failures_ = 0;
  bool started_ = false;
  Scope scope_;
};

// Doubles from `reconnectFirst` to `reconnectMax`, up to a quarter less so that many clients do not
// come back together, and never less than `reconnectFirst`.
Millis reconnectPause(const Settings& settings, int failures, Random& random);

// Completes when the connection is lost; at once when it already is. Uses its onLost.
Task<Error> untilLost(Loop& loop, Connection& connection);

}  // namespace tidings::amqp
