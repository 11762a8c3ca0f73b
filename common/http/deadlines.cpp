#include "http/deadlines.h"

#include <algorithm>

namespace tidings::http {
namespace {

// So late the timer only comes when the process, or the whole machine with the other side on it,
// stood still. Then answers may be on their way: they get what was missed, up to the longest.
constexpr Millis pauseOfNote{250};
constexpr Millis longestGrace{2'000};

}  // namespace

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
  if (const auto pause = now - armedFor_; pause > pauseOfNote) grant(now, pause);
  const std::vector<Wait*> late = takeLate(now);
  if (!waits_.empty()) {
    arm((*std::min_element(waits_.begin(), waits_.end(), [](const Wait* a, const Wait* b) {
          return a->due_ < b->due_;
        }))->due_);
  }
  for (Wait* wait : late) wait->onLate();
}

void Deadlines::grant(MonoTime now, MonoTime::duration pause) {
  const MonoTime later = now + std::min<MonoTime::duration>(pause, longestGrace);
  for (Wait* wait : waits_) wait->due_ = wait->due_ <= now ? later : wait->due_;
}

std::vector<Deadlines::Wait*> Deadlines::takeLate(MonoTime now) {
  const auto firstLate = std::partition(waits_.begin(), waits_.end(),
                                        [now](const Wait* wait) { return wait->due_ > now; });
  std::vector<Wait*> late(firstLate, waits_.end());
  waits_.erase(firstLate, waits_.end());
  for (size_t i = 0; i < waits_.size(); ++i) waits_[i]->place_ = i;
  return late;
}

}  // namespace tidings::http
