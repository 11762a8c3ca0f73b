#include "delivery/isolation.h"

#include <algorithm>

#include "runtime/loop_sleep.h"

namespace tidings::delivery {
namespace {

constexpr Millis lookAgain{20};

}  // namespace

bool Isolation::rescuing() const {
  return rescues_ > 0 && loop_.clock().mono() - lastRescue_ < waits_.longest;
}

Task<void> Isolation::untilFree(std::stop_token stop) {
  const Clock& clock = loop_.clock();
  unsigned turn = turns_;
  Deadline end = Deadline::after(clock, waits_.longestForOthers);
  const auto taken = [&] {
    if (place_.available() > 0) return false;
    if (turn != turns_) {
      turn = turns_;
      end = Deadline::after(clock, waits_.longestForOthers);
    }
    return !end.passed(clock);
  };
  while ((rescuing() || taken()) && !stop.stop_requested()) {
    co_await sleepFor(loop_, lookAgain, stop);
  }
}

// Nobody is in line for ever: who has the place gives it back before it publishes what follows, and
// when it is told to stop.
Task<Semaphore::Permit> Isolation::alone(std::stop_token stop) {
  Semaphore::Permit permit = co_await place_.acquire();
  ++turns_;
  const Clock& clock = loop_.clock();
  const Deadline end = Deadline::after(clock, waits_.longest);
  const Deadline endForOthers = Deadline::after(clock, waits_.longestForOthers);
  while (!stop.stop_requested()) {
    const auto rest = lastNews_ + waits_.silence - clock.mono();
    const bool quiet = !rescuing() && rest <= rest.zero();
    const bool others = together_ + first_ > 0 && !endForOthers.passed(clock);
    if (!others && (quiet || end.passed(clock))) break;
    co_await sleepFor(loop_, std::max(lookAgain, std::chrono::ceil<Millis>(rest)), stop);
  }
  ++turns_;
  co_return permit;
}

}  // namespace tidings::delivery
