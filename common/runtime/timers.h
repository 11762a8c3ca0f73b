// Timers as seen by everything above the loop, so that tests can put them on a manual clock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "base/clock.h"

namespace tidings {

using TimerId = uint64_t;  // 0 is never a timer

class Timers {
 public:
  virtual ~Timers() = default;
  // Calls `fire` once, on the loop thread, not before `delay` has passed and never from within
  // after().
  virtual TimerId after(Millis delay, std::function<void()> fire) = 0;
  // No effect on a timer that has fired or was cancelled.
  virtual void cancel(TimerId id) = 0;
  virtual const Clock& clock() const = 0;
};

// Fires only inside advance(); for tests.
class ManualTimers final : public Timers {
 public:
  explicit ManualTimers(ManualClock& clock) : clock_(clock) {}
  TimerId after(Millis delay, std::function<void()> fire) override;
  void cancel(TimerId id) override;
  const Clock& clock() const override { return clock_; }
  // Moves the clock from timer to timer, firing each at its own instant.
  void advance(Millis by);
  size_t pending() const { return timers_.size(); }

 private:
  ManualClock& clock_;
  TimerId last_ = 0;
  std::map<std::pair<MonoTime, TimerId>, std::function<void()>> timers_;
};

}  // namespace tidings
