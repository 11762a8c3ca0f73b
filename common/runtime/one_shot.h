// OneShot<T>: the bridge from a callback to a coroutine. One set(), one waiter. The waiter owns it
// (it usually lives in the waiting coroutine's frame) and must keep it alive until set() or until
// its wait has ended by deadline; callbacks that may come later hold a std::shared_ptr to it.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "runtime/executor.h"

namespace tidings {

template <class T>
class OneShot {
 public:
  explicit OneShot(Executor& executor) : executor_(executor) {}
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;
  ~OneShot() { executor_.cancel(timer_); }

  bool isSet() const { return value_.has_value(); }

  // Later calls are ignored, so that "answer" and "connection lost" may race.
  void set(T value) {
    if (value_ || expired_) return;
    value_.emplace(std::move(value));
    wake();
  }

  // co_await shot.wait(): the value. Only where the setter itself has a deadline.
  auto wait() {
    struct Awaiter {
      OneShot& shot;
      bool await_ready() const noexcept { return shot.isSet(); }
      void await_suspend(std::coroutine_handle<> frame) noexcept { shot.waiter_ = frame; }
      T await_resume() { return std::move(*shot.value_); }
    };
    return Awaiter{*this};
  }

  // co_await shot.waitUntil(deadline): nullopt when the deadline passed first.
  auto waitUntil(Deadline deadline) {
    struct Awaiter {
      OneShot& shot;
      Deadline deadline;
      bool await_ready() const noexcept { return shot.isSet(); }
      void await_suspend(std::coroutine_handle<> frame) {
        shot.waiter_ = frame;
        shot.timer_ = shot.executor_.after(deadline.remaining(shot.executor_.clock()),
                                           [s = &shot] { s->expire(); });
      }
      std::optional<T> await_resume() { return std::move(shot.value_); }
    };
    return Awaiter{*this, deadline};
  }

 private:
  void expire() {
    timer_ = 0;
    if (value_) return;  // set in the same turn: the value wins
    expired_ = true;
    wake();
  }
  void wake() {
    if (timer_ != 0) executor_.cancel(std::exchange(timer_, 0));
    if (waiter_) executor_.post(std::exchange(waiter_, nullptr));
  }

  Executor& executor_;
  std::optional<T> value_;
  std::coroutine_handle<> waiter_;
  TimerId timer_ = 0;
  bool expired_ = false;
};

}  // namespace tidings
