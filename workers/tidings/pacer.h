// At most so many a second, evenly. Who falls behind may make up for the last second, and no more.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"

namespace tidings::cli {

class Pacer {
 public:
  // 0: as fast as it goes.
  Pacer(const Clock& clock, double perSecond) : clock_(clock), perSecond_(perSecond) {}

  // How long the next one has to wait from now; each call is for one.
  Millis next() {
    if (perSecond_ <= 0) return Millis{0};
    const MonoTime now = clock_.mono();
    const MonoTime slot = std::max(nextSlot_.value_or(now), now - madeUpFor);
    nextSlot_ = slot + std::chrono::duration_cast<MonoTime::duration>(
                           std::chrono::duration<double>(1.0 / perSecond_));
    return std::max(Millis{0}, std::chrono::ceil<Millis>(slot - now));
  }

 private:
  static constexpr std::chrono::seconds madeUpFor{1};

  const Clock& clock_;
  const double perSecond_;
  std::optional<MonoTime> nextSlot_;
};

}  // namespace tidings::cli
