// Stops sending through a provider that refuses us or keeps failing, and tries it again with one
// probe after a cooldown that doubles while the probe fails. Loop thread only; pure but for the
// given instants.
#pragma once

#include <optional>

#include "base/clock.h"

namespace tidings::delivery {

class CircuitBreaker {
 public:
  struct Options {
    int failures = 20;  // in a row; a refusal of our credentials opens at once
    Millis cooldown{1'000};
    // Together these bound how long a provider that is back is still left alone.
    Millis maxCooldown{3'000};
    Millis probePatience{3'000};  // a probe that has not reported back by then is not waited for
  };

  CircuitBreaker() : CircuitBreaker(Options{}) {}
  explicit CircuitBreaker(Options options) : options_(options), cooldown_(options.cooldown) {}

  // nullopt: send, and report how it went. Otherwise: not for this long.
  std::optional<Millis> blockedFor(MonoTime now);
  void succeeded();
  void failed(MonoTime now);
  void refused(MonoTime now);
  bool open() const { return openUntil_.has_value(); }

 private:
  void trip(MonoTime now);

  Options options_;
  Millis cooldown_;
  int failuresInARow_ = 0;
  std::optional<MonoTime> openUntil_;
  std::optional<MonoTime> probeUntil_;
};

}  // namespace tidings::delivery
