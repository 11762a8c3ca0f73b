// The stops of a process: first take no more work, then, after the grace period, end the sends that
// are still out, and soon after give up what is still running. Asking twice, or before anything
// started, is safe. All are requested on the loop thread.
#pragma once

#include <stop_token>

namespace tidings {

class Stops {
 public:
  void stopIntake() { intake_.request_stop(); }
  void stopSends() {
    stopIntake();
    sends_.request_stop();
  }
  void stopWork() {
    stopSends();
    work_.request_stop();
  }
  std::stop_token intake() const { return intake_.get_token(); }
  std::stop_token sends() const { return sends_.get_token(); }
  std::stop_token work() const { return work_.get_token(); }

 private:
  std::stop_source intake_;
  std::stop_source sends_;
  std::stop_source work_;
};

}  // namespace tidings
