// How long a batch may take, and when its items go alone: when the server refuses it, which may be
// the fault of one, and when it took too long. An item alone has more time, twice as much each time
// that its batch was late: the same batch again, in the same time, would be late for ever.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"
#include "base/result.h"

namespace tidings::store {

class BatchPace {
 public:
  BatchPace(const Clock& clock, Millis usual) : clock_(clock), usual_(usual) {}

  Deadline together() const { return Deadline::after(clock_, usual_); }
  Deadline alone() const { return Deadline::after(clock_, usual_ * (1 << late_)); }

  // What came of a batch of so many items that was given until then. True: they are to go alone.
  template <class Answers>
  bool goAlone(const Result<Answers>& answers, size_t items, Deadline deadline) {
    if (answers.ok()) {
      late_ = 0;
      return false;
    }
    if (answers.error().kind == ErrorKind::invalid) return items > 1;
    // Nobody knows what came of it: so it also ends when the connection is lost.
    if (answers.error().kind != ErrorKind::uncertain || !deadline.passed(clock_)) return false;
    late_ = std::min(late_ + 1, mostDoublings);
    return true;
  }

 private:
  static constexpr int mostDoublings = 6;

  const Clock& clock_;
  Millis usual_;
  int late_ = 0;  // batches in a row
};

}  // namespace tidings::store
