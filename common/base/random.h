// Randomness for jitter and identifiers. Seeded by hand in tests.
#pragma once

#include <cstdint>
#include <random>

#include "base/clock.h"

namespace tidings {

class Random {
 public:
  Random()
      : engine_((static_cast<uint64_t>(std::random_device{}()) << 32) | std::random_device{}()) {}
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t bits() { return engine_(); }
  // Uniform in [low, high].
  Millis between(Millis low, Millis high) {
    return Millis{std::uniform_int_distribution<Millis::rep>(low.count(), high.count())(engine_)};
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace tidings
