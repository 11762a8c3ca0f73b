// Property tests: random operations against a small model, round after round. Each round has a seed
// of its own, which a failure prints; the same seed makes the same choices (the delays that the
// product rolls for itself stay random).
//
//   TIDINGS_SEED    the first round's seed; the next ones' follow from it (default: a random one)
//   TIDINGS_ROUNDS  rounds of each test (default: so many that a test takes some seconds at most)
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"

namespace tidings {

class Dice : public Random {
 public:
  using Random::Random;
  // Uniform in [0, sides).
  size_t upTo(size_t sides) { return static_cast<size_t>(bits() % sides); }
  int from(int low, int high) { return low + static_cast<int>(upTo(high - low + 1)); }
  bool chance(int percent) { return from(1, 100) <= percent; }
  // As many short ones as long ones.
  Millis delay(Millis least, Millis most) {
    const double part = static_cast<double>(upTo(1'000'000)) / 1e6;
    const double ratio = static_cast<double>(most.count()) / static_cast<double>(least.count());
    return Millis{
        static_cast<Millis::rep>(static_cast<double>(least.count()) * std::pow(ratio, part))};
  }
  template <class T>
  const T& oneOf(const std::vector<T>& all) {
    return all[upTo(all.size())];
  }
};

inline uint64_t numberFrom(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

// Ends with the first round that fails.
template <class Play>
void playRounds(uint64_t few, Play play) {
  const uint64_t first = numberFrom("TIDINGS_SEED", Random().bits() % 1'000'000'000);
  const uint64_t rounds = numberFrom("TIDINGS_ROUNDS", few);
  for (uint64_t seed = first; seed < first + rounds; ++seed) {
    SCOPED_TRACE("TIDINGS_ROUNDS=1 TIDINGS_SEED=" + std::to_string(seed));
    Dice dice(seed);
    play(dice);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace tidings
