#include "delivery/circuit_breaker.h"

#include <algorithm>

namespace tidings::delivery {
namespace {
Millis until(MonoTime when, MonoTime now) { return std::chrono::ceil<Millis>(when - now); }
}  // namespace

std::optional<Millis> CircuitBreaker::blockedFor(MonoTime now) {
  if (!openUntil_) return std::nullopt;
  if (now < *openUntil_) return until(*openUntil_, now);
  if (probeUntil_ && now < *probeUntil_) return Millis{1'000};
  probeUntil_ = now + options_.probePatience;
  return std::nullopt;
}

void CircuitBreaker::succeeded() {
  failuresInARow_ = 0;
  cooldown_ = options_.cooldown;
  openUntil_.reset();
  probeUntil_.reset();
}

void CircuitBreaker::failed(MonoTime now) {
  ++failuresInARow_;
  if (probeUntil_ || (!openUntil_ && failuresInARow_ >= options_.failures)) trip(now);
}

void CircuitBreaker::refused(MonoTime now) {
  if (!openUntil_ || probeUntil_) trip(now);
}

void CircuitBreaker::trip(MonoTime now) {
  if (openUntil_) cooldown_ = std::min(2 * cooldown_, options_.maxCooldown);
  openUntil_ = now + cooldown_;
  probeUntil_.reset();
}

}  // namespace tidings::delivery
