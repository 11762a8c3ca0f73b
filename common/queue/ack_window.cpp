#include "queue/ack_window.h"

namespace tidings::queue {

void AckWindow::delivered(uint64_t tag) {
  if (states_.empty()) first_ = tag;
  states_.push_back(State::out);
  ++unfinished_;
}

bool AckWindow::finish(uint64_t tag, bool requeue) {
  if (tag < first_ || tag - first_ >= states_.size() || at(tag) != State::out) return false;
  at(tag) = requeue ? State::requeued : State::acked;
  news_.push_back(tag);
  --unfinished_;
  return true;
}

std::vector<AckFrame> AckWindow::take() {
  std::vector<AckFrame> frames;
  for (const uint64_t tag : news_) {
    if (at(tag) != State::requeued) continue;
    frames.push_back({tag, false, true});
    at(tag) = State::told;
  }
  // The last tag of a multiple ack must be one that the broker still waits for.
  uint64_t last = 0;
  size_t count = 0;
  for (; !states_.empty() && states_.front() != State::out; states_.pop_front(), ++first_) {
    if (states_.front() != State::acked) continue;
    last = first_;
    ++count;
  }
  if (count > 0) frames.push_back({last, count > 1, false});
  for (const uint64_t tag : news_) {
    if (tag < first_ || at(tag) != State::acked) continue;
    frames.push_back({tag, false, false});
    at(tag) = State::told;
  }
  news_.clear();
  return frames;
}

}  // namespace tidings::queue
