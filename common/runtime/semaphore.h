// A counting semaphore for coroutines, first come first served. Loop thread only.
#pragma once

#include <coroutine>
#include <cstddef>
#include <deque>
#include <utility>

#include "runtime/executor.h"

namespace tidings {

class Semaphore {
 public:
  // Gives its place back when it dies.
  class [[nodiscard]] Permit {
   public:
    Permit() = default;
    explicit Permit(Semaphore* from) : from_(from) {}
    Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(from_, other.from_);
      return *this;
    }
    ~Permit() {
      if (from_ != nullptr) from_->release();
    }

   private:
    Semaphore* from_ = nullptr;
  };

  Semaphore(Executor& executor, size_t places) : executor_(executor), free_(places) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // Permit permit = co_await semaphore.acquire();  The holder's own deadline bounds the wait.
  auto acquire() {
    struct Awaiter {
      Semaphore& semaphore;
      bool await_ready() noexcept {
        if (semaphore.free_ == 0) return false;
        --semaphore.free_;
        return true;
      }
      void await_suspend(std::coroutine_handle<> frame) { semaphore.waiting_.push_back(frame); }
      Permit await_resume() noexcept { return Permit{&semaphore}; }
    };
    return Awaiter{*this};
  }
  size_t available() const { return free_; }
  size_t waiting() const { return waiting_.size(); }

 private:
  void release() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    executor_.post(waiting_.front());  // the place goes straight to the first in line
    waiting_.pop_front();
  }

  Executor& executor_;
  size_t free_;
  std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace tidings
