#include "http/deadlines.h"

#include <algorithm>

namespace tidings::http {

void Deadlines::add(Wait& wait, Deadline deadline) {
  wait.due_ = deadline.when();
  wait.place_ = waits_.size();
  waits_.push_back(&wait);
  if (timer_ == 0 || wait.due_ < armedFor_) arm(wait.due_);
}

void Deadlines::remove(const Wait& wait) {
  if (wait.place_ >= waits_.size() || waits_[wait.place_] != &wait) return;
  waits_.back()->place_ = wait.place_;
  waits_[wait.place_] = waits_.back();
  waits_.pop_back();
}

void Deadlines::arm(MonoTime due) {
  timers_.cancel(timer_);
  armedFor_ = due;
  timer_ = timers_.after(Deadline::at(due).remaining(timers_.clock()), [this] { onTimer(); });
}

void Deadlines::onTimer() {
  timer_ = 0;
  const MonoTime now = timers_.clock().mono();
  const auto firstLate = std::partition(waits_.begin(), waits_.end(),
                                        [now](const Wait* wait) { return wait->due_ > now; });
  const std::vector<Wait*> late(firstLate, waits_.end());
  waits_.erase(firstLate, waits_.end());
  for (size_t i = 0; i < waits_.size(); ++i) waits_[i]->place_ = i;
  if (!waits_.empty()) {
    arm((*std::min_element(waits_.begin(), waits_.end(), [](const Wait* a, const Wait* b) {
          return a->due_ < b->due_;
        }))->due_);
  }
  for (Wait* wait : late) wait->onLate();
}

}  // namespace tidings::http
