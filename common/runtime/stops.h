// The two stops of a process: first take no more work, then, after the grace period, give up what
// is still running. Asking twice, or before anything started, is safe. Both are requested on the
// loop thread.
#pragma once

#include <stop_token>

namespace tidings {

class Stops {
 public:
  void stopIntake() { intake_.request_stop(); }
  void stopWork() {
    intake_.request_stop();
    work_.request_stop();
  }
  std::stop_token intake() const { return intake_.get_token(); }
  std::stop_token work() const { return work_.get_token(); }

 private:
  std::stop_source intake_;
  std::stop_source work_;
};

}  // namespace tidings
