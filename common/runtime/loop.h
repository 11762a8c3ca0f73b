// The event loop: one per process, one thread. All of common/ runs on it; only offload() and
// postFromThread() touch other threads. Hides libuv.
//
// Owner: the program's main function; it outlives everything that holds a reference to it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "runtime/executor.h"
#include "runtime/one_shot.h"
#include "runtime/task.h"

namespace tidings {

// Watches one file descriptor (which it does not own). Stop watching before the descriptor is
// closed.
class FdWatch {
 public:
  virtual ~FdWatch() = default;  // stops
  // Replaces what is watched; false, false pauses.
  virtual void want(bool readable, bool writable) = 0;
};

class Loop final : public Executor {
 public:
  explicit Loop(const Clock& clock);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  TimerId after(Millis delay, std::function<void()> fire) override;
  void cancel(TimerId id) override;
  const Clock& clock() const override;
  void post(std::coroutine_handle<> frame) override;
  void post(std::function<void()> call) override;
  // The only function that other threads may call.
  void postFromThread(std::function<void()> call);

  // `ready(readable, writable)`; on an error of the descriptor both are true, and reading it tells.
  using OnReady = std::function<void(bool readable, bool writable)>;
  std::unique_ptr<FdWatch> watch(int fd, OnReady ready);

  // Calls `handle` on every delivery of the signal, until the loop dies.
  void onSignal(int signal, std::function<void()> handle);

  // Called once per turn after all ready work, just before the loop looks for I/O again: the place
  // to send what was gathered in the turn. Returns an id for removeTurnEnd.
  uint64_t onTurnEnd(std::function<void()> call);
  void removeTurnEnd(uint64_t id);

  // Runs a blocking function on libuv's thread pool and resumes here with its result.
  template <class F>
  auto offload(F work) -> Task<std::invoke_result_t<F>> {
    using R = std::invoke_result_t<F>;
    auto result = std::make_shared<std::optional<R>>();
    OneShot<bool> finished(*this);
    queueWork([work = std::move(work), result]() mutable { result->emplace(work()); },
              [&finished] { finished.set(true); });
    co_await finished.wait();  // blocking work is bounded by its own timeouts
    co_return std::move(**result);
  }

  // Runs the loop until the task is complete. Work in Scopes goes on until then and no longer.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    runUntilDone(capture(std::move(task), value));
    return std::move(*value);
  }
  void run(Task<void> task) { runUntilDone(std::move(task)); }

  // uv_loop_t*, for a library that can use it directly (libwebsockets).
  void* native();

 private:
  template <class T>
  static Task<void> capture(Task<T> task, std::optional<T>& value) {
    value.emplace(co_await std::move(task));
  }
  void runUntilDone(Task<void> task);
  void queueWork(std::function<void()> work, std::function<void()> after);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings
