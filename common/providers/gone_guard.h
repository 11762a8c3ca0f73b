// A wrong environment, project or key makes every address look dead. While too many of the last
// answers say so, it is our configuration that is to blame, and no address may be given up.
#pragma once

#include <bitset>
#include <cstddef>

#include "notification/outcome.h"

namespace tidings::providers {

class GoneGuard {
 public:
  // Counts the outcome, and turns `recipientGone` into `auth` while more than half of the last 100
  // answers (20 at least) were that.
  void judge(notification::Outcome& outcome);

 private:
  static constexpr size_t window = 100;
  static constexpr size_t enough = 20;
  void note(bool gone);

  std::bitset<window> gone_;
  size_t next_ = 0;
  size_t seen_ = 0;
};

}  // namespace tidings::providers
