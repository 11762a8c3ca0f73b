// How long the broker is given for a positive confirm. A channel that has seen a dead leader may go
// on asking it for ever, and only another connection cures that. The patience doubles until a
// confirm comes, so that a slow disk is not made slower. Pure.
#pragma once

#include <optional>

#include "base/clock.h"

namespace tidings::queue {

class ConfirmPatience {
 public:
  explicit ConfirmPatience(Millis usual) : usual_(usual), patience_(usual) {}

  void sent(MonoTime now);
  // A positive one. `more`: others are still waited for.
  void confirmed(MonoTime now, bool more);
  // The broker took nothing until now: what is waited for starts anew.
  void unblocked(MonoTime now);
  void nothingSent() { since_.reset(); }

  // The patience, when something was waited for so long; the next one is twice as long.
  std::optional<Millis> exhausted(MonoTime now);

 private:
  const Millis usual_;
  Millis patience_;
  std::optional<MonoTime> since_;  // something waits without a positive confirm
};

}  // namespace tidings::queue
