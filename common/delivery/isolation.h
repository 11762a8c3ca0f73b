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

  class [[nodiscard]] Token {
   public:
    Token() = default;
    Token(Isolation* of, int Isolation::*count) : of_(of), count_(count) { ++(of_->*count_); }
    Token(Token&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), count_(std::exchange(other.count_, nullptr)) {}
    Token& operator=(Token&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(count_, other.count_);
      return *this;
    }
    ~Token() {
      if (of_ == nullptr) return;
      --(of_->*count_);
      of_->delivered();
    }

   private:
    Isolation* of_ = nullptr;
    int Isolation::*count_ = nullptr;
  };
  // Held until what must not be interrupted is done: published, confirmed and acked.
  Token rescue() { return {this, &Isolation::rescues_}; }
  // Held by a message that was delivered before and is under way with others: should it kill the
  // process, none that is alone may be blamed.
  Token together() { return {this, &Isolation::together_}; }

  // A message came that was delivered before: more of them may be on their way.
  void delivered() { lastNews_ = loop_.clock().mono(); }

  // Both return early when told to stop, and in any case at some time: after 2 s where only rescues
  // and news are in the way (the broker may take no publishes), after 30 s where others are.
  Task<void> untilFree(std::stop_token stop);  // before going together with others
  Task<Semaphore::Permit> alone(std::stop_token stop);

 private:
  Loop& loop_;
  Semaphore place_;
  int rescues_ = 0, together_ = 0;
  MonoTime lastNews_{};
};

}  // namespace tidings::delivery
