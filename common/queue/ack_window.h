// Which deliveries of a channel are finished, and the fewest frames to tell the broker: one
// multiple ack up to the watermark below which everything is finished, and one frame for each
// finished beyond it, so that a slow message holds up no other. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace tidings::queue {

struct AckFrame {
  uint64_t tag = 0;
  bool multiple = false;
  bool requeue = false;
  friend bool operator==(const AckFrame&, const AckFrame&) = default;
};

class AckWindow {
 public:
  // Tags come in order from 1, as the broker counts them on a channel.
  void delivered(uint64_t tag);
  // False when the tag was never delivered or is already finished.
  bool finish(uint64_t tag, bool requeue);
  // The frames for what was finished since the last call.
  std::vector<AckFrame> take();
  bool hasNews() const { return !news_.empty(); }
  size_t unfinished() const { return unfinished_; }

 private:
  enum class State : uint8_t { out, acked, requeued, told };
  State& at(uint64_t tag) { return states_[tag - first_]; }

  std::deque<State> states_;  // of first_ and on
  uint64_t first_ = 1;
  std::vector<uint64_t> news_;
  size_t unfinished_ = 0;
};

}  // namespace tidings::queue
