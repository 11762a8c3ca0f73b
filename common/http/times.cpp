#include "http/times.h"

#include <algorithm>

namespace tidings::http {
namespace {

// What is handed over so late that its answer can't come in time ends as nobody knows what, though
// it was most likely accepted. A relay that scans mail answers the final dot within a second or
// two.
constexpr Millis kAnswerTime{2000};
// Of a short timeout no more than this is kept for the answer, or nothing would ever be sent.
constexpr int kMostOfTimeout = 4;  // a quarter

}  // namespace

Times Times::of(const Clock& clock, Deadline end) {
  const Millis kept = std::min(kAnswerTime, end.remaining(clock) / kMostOfTimeout);
  return {end, Deadline::at(end.when() - kept)};
}

}  // namespace tidings::http
