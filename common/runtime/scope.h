// Scope: the owner of work that outlives its caller. Declare it last among the members its tasks
// use, and join it before it dies (asserted). Loop thread only.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>

#include "runtime/task.h"

namespace tidings {

class Scope {
 public:
  // An exception that leaves a spawned task is a bug of ours; it goes to `onBug` (default:
  // terminate).
  using OnBug = std::function<void(std::exception_ptr)>;

  explicit Scope(OnBug onBug = {}) : onBug_(std::move(onBug)) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

  // Starts the task at once; it runs until its first suspension before spawn() returns.
  void spawn(Task<void> task);
  size_t running() const { return running_; }

  // Completes when nothing runs any more. One joiner at a time; spawning while joining is allowed.
  auto join() noexcept {
    struct Awaiter {
      Scope& scope;
      bool await_ready() const noexcept { return scope.running_ == 0; }
      void await_suspend(std::coroutine_handle<> frame) noexcept { scope.joiner_ = frame; }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

 private:
  struct Detached;
  static Detached run(Scope& scope, Task<void> task);
  std::coroutine_handle<> finished();
  void report(std::exception_ptr bug);

  OnBug onBug_;
  size_t running_ = 0;
  std::coroutine_handle<> joiner_;
};

}  // namespace tidings
