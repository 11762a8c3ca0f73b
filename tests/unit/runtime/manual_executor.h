// The turns of a loop, taken one by one, on a clock that moves only when told to.
#pragma once

#include <deque>

#include "runtime/executor.h"

namespace tidings {

class ManualExecutor final : public Executor {
 public:
  TimerId after(Millis delay, std::function<void()> fire) override {
    return timers_.after(delay, std::move(fire));
  }
  void cancel(TimerId id) override { timers_.cancel(id); }
  const Clock& clock() const override { return clock_; }
  void post(std::coroutine_handle<> frame) override {
    ready_.push_back([frame] { frame.resume(); });
  }
  void post(std::function<void()> call) override { ready_.push_back(std::move(call)); }

  // What was posted before it.
  void turn() {
    for (size_t left = ready_.size(); left > 0; --left) {
      const auto call = std::move(ready_.front());
      ready_.pop_front();
      call();
    }
  }
  void rest() {
    while (!ready_.empty()) turn();
  }
  void advance(Millis by) { timers_.advance(by); }
  size_t pendingTimers() const { return timers_.pending(); }

 private:
  ManualClock clock_;
  ManualTimers timers_{clock_};
  std::deque<std::function<void()>> ready_;
};

}  // namespace tidings
