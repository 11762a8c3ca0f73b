#include "runtime/scope.h"

#include <cassert>
#include <utility>

namespace tidings {

// A frame that destroys itself at its end and then, by symmetric transfer, resumes the joiner.
struct Scope::Detached {
  struct promise_type : detail::KeptFrame {
    promise_type(Scope& owner, const Task<void>&) : scope(owner) {}
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Awaiter {
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
          Scope& owner = self.promise().scope;
          self.destroy();
          return owner.finished();
        }
        void await_resume() const noexcept {}
      };
      return Awaiter{};
    }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { scope.report(std::current_exception()); }
    Scope& scope;
  };
};

Scope::Detached Scope::run(Scope&, Task<void> task) { co_await std::move(task); }

Scope::~Scope() { assert(running_ == 0 && "a Scope must be joined before it dies"); }

void Scope::spawn(Task<void> task) {
  ++running_;
  run(*this, std::move(task));
}

std::coroutine_handle<> Scope::finished() {
  if (--running_ > 0 || !joiner_) return std::noop_coroutine();
  return std::exchange(joiner_, nullptr);
}

void Scope::report(std::exception_ptr bug) {
  if (!onBug_) std::terminate();
  onBug_(std::move(bug));
}

}  // namespace tidings
