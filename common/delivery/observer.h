// Tells log and metrics what becomes of jobs: one line per transition, always the same fields.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "delivery/disposition.h"
#include "notification/delivery.h"
#include "notification/notification.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace tidings::delivery {

class Observer {
 public:
  Observer(observe::Log& log, observe::Metrics& metrics) : log_(log), metrics_(metrics) {}

  struct Settled {
    const notification::Notification& job;
    const notification::Target& target;
    const Disposition& disposition;
    std::string_view provider;
    std::string_view error;
    Millis took;
  };
  void settled(const Settled& what);
  void duplicate(const notification::Notification& job, const notification::Target& target);
  // Dead before it was a job: no id, perhaps no type, is known for sure.
  void buried(std::string_view type, std::string_view id, std::string_view reason,
              std::string_view error);
  void finished(std::string_view type, std::chrono::nanoseconds took) {
    metrics_.processed(type, took);
  }
  void received(std::string_view type, bool retryLane, bool redelivered);
  void queued(const notification::Notification& job, WallTime now);

  observe::Log& log() { return log_; }

 private:
  observe::Log& log_;
  observe::Metrics& metrics_;
};

}  // namespace tidings::delivery
