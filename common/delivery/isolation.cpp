#include "delivery/isolation.h"

#include <algorithm>

#include "runtime/loop_sleep.h"

namespace tidings::delivery {
namespace {

// The broker gives out all of a prefetch at once, so after such a silence it has arrived; and the
// acks of what was rescued are with the broker.
constexpr Millis silence{100};
// Where other workers crash as well, messages come back all the time; and a broker may take no
// publishes for long.
constexpr Millis longest{2'000};
constexpr Millis lookAgain{20};

}  // namespace

Task<void> Isolation::untilFree(std::stop_token stop) {
  const Deadline end = Deadline::after(loop_.clock(), longest);
  const auto occupied = [this] { return rescues_ > 0 || place_.available() == 0; };
  while (occupied() && !stop.stop_requested() && !end.passed(loop_.clock())) {
    co_await sleepFor(loop_, lookAgain, stop);
  }
}

Task<Semaphore::Permit> Isolation::alone(std::stop_token stop) {
  Semaphore::Permit permit = co_await place_.acquire();
  const Deadline end = Deadline::after(loop_.clock(), longest);
  while (!stop.stop_requested() && !end.passed(loop_.clock())) {
    const auto rest = lastNews_ + silence - loop_.clock().mono();
    if (rescues_ == 0 && together_ == 0 && rest <= rest.zero()) break;
    co_await sleepFor(loop_, std::max(lookAgain, std::chrono::ceil<Millis>(rest)), stop);
  }
  co_return permit;
}

}  // namespace tidings::delivery
