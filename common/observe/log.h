// The log: one line per event on one descriptor, as text (logfmt) or as JSON. Hides spdlog.
//
// Lines are put together on the caller's thread and written by a thread of the log's own, so that a
// slow reader of our standard output never holds up the loop; when more than `maxBuffered` bytes
// wait, further lines are dropped and counted. Every value is cleaned and escaped: foreign text can
// neither break a line nor forge a field. Bodies, addresses and secrets don't belong here.
//
// Owner: the program's main function. Any thread may call. The destructor writes out what waits.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace tidings::observe {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { text, json };

std::string_view toString(LogLevel level);
std::optional<LogLevel> parseLogLevel(std::string_view name);
std::optional<LogFormat> parseLogFormat(std::string_view name);

// What happened to a job or a delivery. A line always carries all of these, in this order, after
// the time and the level; empty ones are empty.
struct Transition {
  std::string_view event;  // "sent", "skipped", "retrying", "deferred", "dead", …
  std::string_view id;
  std::string_view type;
  std::string_view recipient;
  std::string_view channel;
  std::string_view provider;
  std::string_view state;
  std::string_view reason;
  int attempt = 0;
  std::optional<Millis> took;  // the field `ms`
  std::string_view error;
};

// An extra of any other event: `log.info("connected", {{"host", host}, {"attempt", 3}})`.
struct LogField {
  using Value = std::variant<std::string_view, int64_t, double, bool>;
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <std::integral Number>
  LogField(std::string_view k, Number v) : key(k), value(static_cast<int64_t>(v)) {}

  std::string_view key;  // ours, never foreign
  Value value;
};
using LogFields = std::initializer_list<LogField>;

class Log {
 public:
  struct Options {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    int fd = 1;                      // not owned
    size_t maxBuffered = 4u << 20;   // bytes
    Millis flushEvery = Millis{50};  // errors are written at once
  };

  Log(const Clock& clock, Options options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool on(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  void setLevel(LogLevel level) { level_.store(level, std::memory_order_relaxed); }

  // `info` for all but the dead ones, which are `warn`, unless told otherwise.
  void transition(const Transition& what) {
    transition(what.state == "dead" ? LogLevel::warn : LogLevel::info, what);
  }
  void transition(LogLevel level, const Transition& what) {
    if (on(level)) writeTransition(level, what);
  }
  void write(LogLevel level, std::string_view event, LogFields fields = {}) {
    if (on(level)) writeEvent(level, event, fields);
  }
  void debug(std::string_view event, LogFields fields = {}) {
    write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, LogFields fields = {}) { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, LogFields fields = {}) { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, LogFields fields = {}) {
    write(LogLevel::error, event, fields);
  }

  // Blocks until what was logged before is written (or the descriptor refuses it).
  void flush();
  uint64_t dropped() const;

 private:
  void writeTransition(LogLevel level, const Transition& what);
  void writeEvent(LogLevel level, std::string_view event, LogFields fields);

  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::atomic<LogLevel> level_;
};

}  // namespace tidings::observe
