// Named places on a message's path at which a test makes the process die as by kill -9.
//
//   TIDINGS_CRASH_AT=claimed:2   dies at the second passing of `claimed` (no number: the first)
//   TIDINGS_CRASH_AT=decoding=x  dies where a message with an x in it passes, at those places that
//                                are told of the message
//   TIDINGS_CRASH_AT=trace       tells standard error each one that is passed
//
// Only in targets built with TIDINGS_CRASH_POINTS; elsewhere nothing is left of them, not even
// their names. The names are marked: so a test finds those that a program holds, and sees that a
// release holds none.
#pragma once

#ifdef TIDINGS_CRASH_POINTS

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tidings {

inline constexpr std::string_view crashPointMark = "tidings-crash-point:";

struct CrashPlan {
  std::string_view name;
  int passings = 1;
  std::string_view of = {};

  static CrashPlan fromEnvironment() {
    const char* set = std::getenv("TIDINGS_CRASH_AT");
    const std::string_view text = set == nullptr ? "" : set;
    CrashPlan plan{text.substr(0, text.find_first_of(":="))};
    if (plan.name.size() == text.size()) return plan;
    const std::string_view rest = text.substr(plan.name.size() + 1);
    if (text[plan.name.size()] == '=') {
      plan.of = rest;
    } else {
      std::from_chars(rest.data(), rest.data() + rest.size(), plan.passings);
    }
    return plan;
  }
};

inline void passCrashPoint(std::string_view marked, std::string_view message = {}) {
  static CrashPlan plan = CrashPlan::fromEnvironment();
  const std::string_view name = marked.substr(crashPointMark.size());
  if (plan.name == "trace") std::fprintf(stderr, "crash point %s\n", name.data());
  if (plan.name != name || message.find(plan.of) == std::string_view::npos) return;
  if (--plan.passings == 0) std::raise(SIGKILL);
}

}  // namespace tidings

#define TIDINGS_CRASH_POINT(name) ::tidings::passCrashPoint("tidings-crash-point:" name)
#define TIDINGS_CRASH_POINT_OF(name, message) \
  ::tidings::passCrashPoint("tidings-crash-point:" name, message)

#else

#define TIDINGS_CRASH_POINT(name) static_cast<void>(0)
#define TIDINGS_CRASH_POINT_OF(name, message) static_cast<void>(0)

#endif
