#include "providers/gone_guard.h"

#include <algorithm>

namespace tidings::providers {

using notification::Outcome;
using notification::OutcomeKind;

void GoneGuard::note(bool gone) {
  gone_[next_] = gone;
  next_ = (next_ + 1) % window;
  seen_ = std::min(seen_ + 1, window);
}

void GoneGuard::judge(Outcome& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::sent:
    case OutcomeKind::permanent:
    case OutcomeKind::tooLarge:
      note(false);
      return;
    case OutcomeKind::recipientGone:
      note(true);
      break;
    default:
      return;  // says nothing about addresses
  }
  if (seen_ < enough || gone_.count() * 2 <= seen_) return;
  outcome.kind = OutcomeKind::auth;
  outcome.error = "most recipients look gone; the configuration is suspected: " + outcome.error;
}

}  // namespace tidings::providers
