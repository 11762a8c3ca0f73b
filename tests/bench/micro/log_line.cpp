#include "observe/log_line.h"

#include "bench.h"
#include "samples.h"

namespace tidings::bench {
namespace {

Body line(observe::LogFormat format) {
  return [format] {
    const observe::Transition sent{.event = "sent",
                                   .id = "comment-991823-u42",
                                   .type = "comment",
                                   .recipient = "u42",
                                   .channel = "push",
                                   .provider = "fcm",
                                   .state = "sent",
                                   .reason = "",
                                   .attempt = 1,
                                   .took = Millis{84},
                                   .error = ""};
    keep(observe::formatTransition(format, now, observe::LogLevel::info, sent));
  };
}

const Bench text("log/text", [] { return line(observe::LogFormat::text); });
const Bench json("log/json", [] { return line(observe::LogFormat::json); });

}  // namespace
}  // namespace tidings::bench
