// How a log line looks: pure, so that injection can be tested without a log.
#pragma once

#include <string>
#include <string_view>

#include "observe/log.h"

namespace tidings::observe {

// Builds one line, without the end of line. Values are cut at maxValueBytes. `room` lends its
// memory.
class LogLine {
 public:
  static constexpr size_t maxValueBytes = 1024;

  LogLine(LogFormat format, WallTime time, LogLevel level, std::string_view event,
          std::string room = {});
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, int64_t value);
  void add(std::string_view key, double value);
  void add(std::string_view key, bool value);
  void add(const LogField& field);
  // A key whose value is unknown: null in JSON, empty in text.
  void addNone(std::string_view key);
  std::string finish() &&;

 private:
  void key(std::string_view name);
  void literal(std::string_view name, std::string_view value);

  LogFormat format_;
  std::string text_;
};

std::string formatTransition(LogFormat format, WallTime time, LogLevel level,
                             const Transition& what, std::string room = {});
std::string formatEvent(LogFormat format, WallTime time, LogLevel level, std::string_view event,
                        LogFields fields);

}  // namespace tidings::observe
