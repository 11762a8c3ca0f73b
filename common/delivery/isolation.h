// Keeps what may kill the process away from everything else in it: suspects go one at a time, and
// only when nothing is on its way that their death would harm, or whose death would be theirs. Each
// death of a worker counts as a delivery of all that it held, and a quorum queue gives a message up
// after so many of them.
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

struct IsolationWaits {
  // The broker gives out all of a prefetch at once, so after such a silence it has arrived; and the
  // acks of what was rescued are with the broker.
  Millis silence{100};
  // Where other workers crash as well, messages come back all the time; and a broker may take no
  // publishes for long.
  Millis longest{2'000};
  // For others to be done with claims and providers: on a slow disk a commit alone takes seconds,
  // and who goes on beside one that kills the process is blamed for that death.
  Millis longestForOthers{30'000};
};

class Isolation {
 public:
  explicit Isolation(Loop& loop, IsolationWaits waits = {})
      : loop_(loop), waits_(waits), place_(loop, 1) {}

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
      // A busy worker is done with new messages all the time.
      if (count_ != &Isolation::first_) of_->delivered();
    }

   private:
    Isolation* of_ = nullptr;
    int Isolation::*count_ = nullptr;
  };
  // Held until what must not be interrupted is done: published, confirmed and acked.
  Token rescue() {
    lastRescue_ = loop_.clock().mono();
    return {this, &Isolation::rescues_};
  }
  // Held by a message that is under way with others, delivered before or for the first time: should
  // it kill the process, none that is alone may be blamed.
  Token together() { return {this, &Isolation::together_}; }
  Token first() { return {this, &Isolation::first_}; }

  // A message came that was delivered before: more of them may be on their way.
  void delivered() { lastNews_ = loop_.clock().mono(); }

  // Whether there is anything to wait for in untilFree().
  bool occupied() const { return rescues_ > 0 || place_.available() == 0; }
  // Both return early when told to stop, and in any case at some time: after 2 s where only rescues
  // and news are in the way (the broker may take no publishes), after 30 s where others are, each
  // of those that go alone one after the other.
  Task<void> untilFree(std::stop_token stop);  // before going together with others
  Task<Semaphore::Permit> alone(std::stop_token stop);

 private:
  bool rescuing() const;

  Loop& loop_;
  const IsolationWaits waits_;
  Semaphore place_;
  unsigned turns_ = 0;  // changes when another has the place, and when it begins
  int rescues_ = 0, together_ = 0, first_ = 0;
  MonoTime lastNews_{}, lastRescue_{};
};

}  // namespace tidings::delivery
