// An OAuth access token, fetched when it is first needed, renewed 5 minutes before it expires, by
// one request however many wait. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/message.h"
#include "providers/outcomes.h"
#include "runtime/executor.h"
#include "runtime/one_shot.h"
#include "runtime/task.h"

namespace tidings::providers {

// Pure: what the token endpoint's answer means. A failure never sent anything to a recipient.
struct TokenAnswer {
  std::string token;  // empty: see `failure`
  Millis lifetime{0};
  Outcome failure;
};
TokenAnswer classifyToken(const http::Response& response);

class AccessToken {
 public:
  using Fetch = std::function<Task<TokenAnswer>(Deadline deadline)>;

  AccessToken(Executor& executor, Fetch fetch) : executor_(executor), fetch_(std::move(fetch)) {}

  // The token while it needs no renewal, else null: then get() waits for one.
  const std::string* atHand() const { return fresh() ? &token_ : nullptr; }
  // Empty token: `failure` says why.
  Task<TokenAnswer> get(Deadline deadline);
  // The provider did not take this token: it is not handed out again.
  void refused(const std::string& token);

 private:
  bool fresh() const;
  bool valid() const;
  Task<void> renew(Deadline deadline);

  Executor& executor_;
  Fetch fetch_;
  std::string token_;
  MonoTime expires_{};
  Millis renewBefore_{0};
  bool renewing_ = false;
  TokenAnswer last_;
  MonoTime failedUntil_{};
  std::vector<OneShot<bool>*> waiting_;
};

}  // namespace tidings::providers
