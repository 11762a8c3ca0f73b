#include "delivery/isolation.h"

#include <algorithm>

#include "runtime/loop_sleep.h"

namespace tidings::delivery {
namespace {

// The broker gives out all of a prefetch at once, so after such a silence it has arrived; and the
// acks of what was rescued are with the broker.
constexpr Millis silence{100};
// Where other workers crash as well, messages come back all the time.
constexpr Millis longestNoise{2'000};
constexpr Millis lookAgain{20};

}  // namespace

void Isolation::rescued() {
  --rescues_;
  delivered();
}

// A rescue ends with its confirm, or with the stop.
Task<void> Isolation::untilRescued(std::stop_token stop) {
  while (rescues_ > 0 && !stop.stop_requested()) co_await sleepFor(loop_, lookAgain, stop);
}

Task<Semaphore::Permit> Isolation::alone(std::stop_token stop) {
  Semaphore::Permit permit = co_await place_.acquire();
  const Deadline noise = Deadline::after(loop_.clock(), longestNoise);
  while (!stop.stop_requested()) {
    co_await untilRescued(stop);
    const auto rest = lastNews_ + silence - loop_.clock().mono();
    if (rest <= rest.zero() || noise.passed(loop_.clock())) break;
    co_await sleepFor(loop_, std::chrono::ceil<Millis>(rest), stop);
  }
  co_return permit;
}

}  // namespace tidings::delivery
