// Sleeping in a coroutine.
#pragma once

#include <coroutine>
#include <stop_token>

#include "runtime/executor.h"
#include "runtime/one_shot.h"
#include "runtime/task.h"

namespace tidings {

inline Task<void> sleepFor(Executor& executor, Millis delay) {
  OneShot<bool> never(executor);
  co_await never.waitUntil(Deadline::after(executor.clock(), delay));
}

// False when the stop came first.
inline Task<bool> sleepFor(Executor& executor, Millis delay, std::stop_token stop) {
  OneShot<bool> stopped(executor);
  std::stop_callback onStop(stop, [&stopped] { stopped.set(true); });
  co_return !(co_await stopped.waitUntil(Deadline::after(executor.clock(), delay)));
}

}  // namespace tidings
