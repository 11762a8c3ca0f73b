// The loop of one command, and its servers. SIGINT and SIGTERM ask the command to stop; it then
// finishes what it has begun.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "amqp/settings.h"
#include "config/config.h"
#include "environment.h"
#include "pg/connection.h"
#include "queue/publisher.h"
#include "runtime/loop.h"

namespace tidings::cli {

class Session {
 public:
  explicit Session(const Clock& clock);
  Loop& loop() { return loop_; }
  std::stop_token stop() const { return stop_.get_token(); }
  // As a signal would, for a reason of the command's own.
  void giveUp() { stop_.request_stop(); }
  Deadline within(Millis wait) const { return Deadline::after(loop_.clock(), wait); }

 private:
  Loop loop_;
  std::stop_source stop_;
};

inline constexpr Millis connectPatience{10'000};
inline constexpr Millis queryPatience{30'000};
inline constexpr Millis publishPatience{30'000};
inline constexpr Millis goodbyePatience{5'000};

// Of a publish: the broker was away for as long as we have patience, and the next would fare alike.
bool isWithoutAnswer(const Error& error);

Result<amqp::Settings> amqpSettings(const config::Config& config);

// A publisher that is connected, or says why not.
class ConnectedPublisher {
 public:
  ConnectedPublisher(Session& session, const config::Config& config, amqp::Settings settings);
  // Error{unreachable}, with what the broker or the network said last.
  Task<Status> connect();
  queue::Publisher& get() { return publisher_; }
  Task<void> close();

 private:
  queue::Publisher::Options options(const config::Config& config, amqp::Settings settings);

  Session& session_;
  std::string where_;
  std::string lastNotice_;
  queue::Publisher publisher_;
};

// A started connection to the configured database, and why it is not up if it isn't.
class Database {
 public:
  Database(Session& session, const config::Config& config);
  pg::Connection& get() { return connection_; }
  // Waits for a session. Error{unreachable} says what the server or the network said last.
  Task<Status> connect();
  Task<void> close() { return connection_.close(); }

 private:
  pg::ConnectionOptions options(const config::Config& config);

  Session& session_;
  std::string why_;
  pg::Connection connection_;
};

}  // namespace tidings::cli
