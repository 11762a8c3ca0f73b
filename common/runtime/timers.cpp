#include "runtime/timers.h"

#include <algorithm>

namespace tidings {

TimerId ManualTimers::after(Millis delay, std::function<void()> fire) {
  timers_.emplace(std::pair{clock_.mono() + std::max(delay, Millis{0}), ++last_}, std::move(fire));
  return last_;
}

void ManualTimers::cancel(TimerId id) {
  std::erase_if(timers_, [id](const auto& timer) { return timer.first.second == id; });
}

void ManualTimers::advance(Millis by) {
  const MonoTime end = clock_.mono() + by;
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    auto next = timers_.extract(timers_.begin());
    const auto wait = std::chrono::ceil<Millis>(next.key().first - clock_.mono());
    clock_.advance(std::max(wait, Millis{0}));
    next.mapped()();
  }
  clock_.advance(std::chrono::ceil<Millis>(end - clock_.mono()));
}

}  // namespace tidings
