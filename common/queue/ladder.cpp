#include "queue/ladder.h"

#include <vector>

namespace tidings::queue {
namespace {

std::vector<Rung> makeRungs() {
  std::vector<Rung> made;
  for (const int seconds : {1, 2, 3, 5, 8, 13, 21, 34, 55, 90, 180, 300, 600, 1200, 3600, 21'600,
                            86'400, 604'800, 2'592'000}) {
    made.push_back(
        {std::chrono::seconds{seconds}, "tidings.delay." + std::to_string(seconds) + "s"});
  }
  return made;
}

}  // namespace

std::span<const Rung> rungs() {
  static const std::vector<Rung> all = makeRungs();
  return all;
}

const Rung* rungFor(Millis remaining) {
  if (remaining <= holdAtMost) return nullptr;
  const Rung* best = nullptr;
  for (const Rung& rung : rungs()) {
    if (rung.delay <= remaining) best = &rung;
  }
  return best;
}

}  // namespace tidings::queue
