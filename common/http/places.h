// The places of one server: how many requests may be with it at once. Who finds none waits in line,
// the important ones first, but no longer than placePatience. Loop thread only.
#pragma once

#include <algorithm>

#include "http/message.h"
#include "runtime/semaphore.h"

namespace tidings::http {

class Places {
 public:
  struct [[nodiscard]] Place {
    Semaphore::Permit permit;
    bool late = false;  // it came too late: nobody is to be asked
    Deadline deadline;  // the time that was left at the call, beginning anew with the place
  };

  static constexpr const char* kNoneInTime = "no place was free in time (concurrency)";
  // What an HTTP request gets whose place came too late.
  static Response noneInTime() {
    Response response{Transport::busy};
    response.error = kNoneInTime;
    return response;
  }

  Places(Executor& executor, size_t count) : clock_(executor.clock()), free_(executor, count) {}

  // const Places::Place place = co_await places.take(important, deadline);
  auto take(bool important, Deadline deadline) {
    using Wait = decltype(free_.acquire());
    struct Awaiter {
      Wait wait;
      const Clock& clock;
      Deadline deadline;
      MonoTime asked;
      bool waited = false;

      bool await_ready() noexcept { return wait.await_ready(); }
      void await_suspend(std::coroutine_handle<> frame) {
        waited = true;
        wait.await_suspend(frame);
      }
      Place await_resume() {
        const MonoTime now = waited ? clock.mono() : asked;
        const MonoTime patience = std::min(deadline.when(), asked + placePatience);
        return {wait.await_resume(), now >= patience,
                Deadline::at(deadline.when() + (now - asked))};
      }
    };
    return Awaiter{free_.acquire(important), clock_, deadline, clock_.mono()};
  }

 private:
  const Clock& clock_;
  Semaphore free_;
};

}  // namespace tidings::http
