// A counting semaphore for coroutines: who is urgent goes first, otherwise first come first served.
// Loop thread only.
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

    bool held() const { return from_ != nullptr; }

   private:
    Semaphore* from_ = nullptr;
  };

  Semaphore(Executor& executor, size_t places) : executor_(executor), free_(places) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // Permit permit = co_await semaphore.acquire();  The holder's own deadline bounds the wait.
  auto acquire(bool urgent = false) {
    struct Awaiter {
      Semaphore& semaphore;
      bool urgent;
      bool await_ready() noexcept {
        if (semaphore.free_ == 0) return false;
        --semaphore.free_;
        return true;
      }
      void await_suspend(std::coroutine_handle<> frame) {
        (urgent ? semaphore.urgent_ : semaphore.waiting_).push_back(frame);
      }
      Permit await_resume() noexcept { return Permit{&semaphore}; }
    };
    return Awaiter{*this, urgent};
  }
  size_t available() const { return free_; }
  size_t waiting() const { return urgent_.size() + waiting_.size(); }

 private:
  void release() {
    auto& line = urgent_.empty() ? waiting_ : urgent_;
    if (line.empty()) {
      ++free_;
      return;
    }
    executor_.post(line.front());  // the place goes straight to the first in line
    line.pop_front();
  }

  Executor& executor_;
  size_t free_;
  std::deque<std::coroutine_handle<>> urgent_, waiting_;
};

}  // namespace tidings
