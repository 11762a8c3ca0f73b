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
// For others to be done with claims and providers: on a slow disk a commit alone takes seconds, and
// who goes on beside one that kills the process is blamed for that death.
constexpr Millis longestForOthers{30'000};
constexpr Millis lookAgain{20};

class Patience {
 public:
  explicit Patience(const Clock& clock)
      : clock_(clock),
        end_(Deadline::after(clock, longest)),
        endForOthers_(Deadline::after(clock, longestForOthers)) {}
  bool left() const { return !end_.passed(clock_); }
  bool leftForOthers() const { return !endForOthers_.passed(clock_); }

 private:
  const Clock& clock_;
  const Deadline end_, endForOthers_;
};

}  // namespace

Task<void> Isolation::untilFree(std::stop_token stop) {
  const Patience patience(loop_.clock());
  const auto occupied = [&] {
    return (rescues_ > 0 && patience.left()) ||
           (place_.available() == 0 && patience.leftForOthers());
  };
  while (occupied() && !stop.stop_requested()) co_await sleepFor(loop_, lookAgain, stop);
}

Task<Semaphore::Permit> Isolation::alone(std::stop_token stop) {
  Semaphore::Permit permit = co_await place_.acquire();
  const Patience patience(loop_.clock());
  while (!stop.stop_requested()) {
    const auto rest = lastNews_ + silence - loop_.clock().mono();
    const bool quiet = rescues_ == 0 && rest <= rest.zero();
    const bool others = together_ > 0 && patience.leftForOthers();
    if (!others && (quiet || !patience.left())) break;
    co_await sleepFor(loop_, std::max(lookAgain, std::chrono::ceil<Millis>(rest)), stop);
  }
  co_return permit;
}

}  // namespace tidings::delivery
