#include "queue/confirm_patience.h"

#include <algorithm>

namespace tidings::queue {
namespace {

constexpr Millis most{30'000};

}  // namespace

void ConfirmPatience::sent(MonoTime now) {
  if (!since_) since_ = now;
}

void ConfirmPatience::confirmed(MonoTime now, bool more) {
  patience_ = usual_;
  since_.reset();
  if (more) since_ = now;
}

void ConfirmPatience::unblocked(MonoTime now) {
  if (since_) since_ = now;
}

std::optional<Millis> ConfirmPatience::exhausted(MonoTime now) {
  if (!since_ || now - *since_ < patience_) return std::nullopt;
  const Millis waited = patience_;
  patience_ = std::min(patience_ * 2, std::max(most, patience_));
  return waited;
}

}  // namespace tidings::queue
