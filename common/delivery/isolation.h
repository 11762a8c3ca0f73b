// Keeps what may kill the process away from everything else in it: suspects go one at a time, and
// only when nothing is on its way that their death would harm. Each death of a worker counts as a
// delivery of all that it held, and a quorum queue gives a message up after so many of them.
//
// Owned by World. Loop thread only.
#pragma once

#include <stop_token>
#include <utility>

#include "base/clock.h"
#include "runtime/loop.h"
#include "runtime/semaphore.h"
#include "runtime/task.h"

namespace tidings::delivery {

class Isolation {
 public:
  explicit Isolation(Loop& loop) : loop_(loop), place_(loop, 1) {}

  // Held until what must not be interrupted is done: published, confirmed and acked.
  class [[nodiscard]] Rescue {
   public:
    Rescue() = default;
    explicit Rescue(Isolation* of) : of_(of) { ++of_->rescues_; }
    Rescue(Rescue&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Rescue& operator=(Rescue&& other) noexcept {
      std::swap(of_, other.of_);
      return *this;
    }
    ~Rescue() {
      if (of_ != nullptr) of_->rescued();
    }

   private:
    Isolation* of_ = nullptr;
  };
  Rescue rescue() { return Rescue(this); }

  // A message came that was delivered before: more of them may be on their way.
  void delivered() { lastNews_ = loop_.clock().mono(); }

  // Both return early when told to stop, and after some seconds in any case: where the broker takes
  // no publishes, work goes on.
  Task<void> untilRescued(std::stop_token stop);
  Task<Semaphore::Permit> alone(std::stop_token stop);

 private:
  void rescued();

  Loop& loop_;
  Semaphore place_;
  int rescues_ = 0;
  MonoTime lastNews_{};
};

}  // namespace tidings::delivery
