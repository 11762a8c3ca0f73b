// Where coroutines are resumed. Resuming always goes through the ready queue, never straight from a
// C library's callback: so no library sees its own functions called from inside its callback.
#pragma once

#include <coroutine>
#include <functional>

#include "runtime/timers.h"

namespace tidings {

class Executor : public Timers {
 public:
  // Runs in this turn of the loop or the next, in order of posting. Loop thread only.
  virtual void post(std::coroutine_handle<> frame) = 0;
  virtual void post(std::function<void()> call) = 0;
};

}  // namespace tidings
