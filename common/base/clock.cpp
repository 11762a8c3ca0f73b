#include "base/clock.h"

#include <algorithm>

namespace tidings {

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

MonoTime SystemClock::mono() const { return std::chrono::steady_clock::now(); }

Millis Deadline::remaining(const Clock& clock) const {
  return std::max(Millis{0}, std::chrono::ceil<Millis>(when_ - clock.mono()));
}

}  // namespace tidings
