#include "providers/access_token.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tidings::providers {
namespace {

constexpr Millis renewBefore = std::chrono::minutes{5};
constexpr Millis pauseAfterFailure = std::chrono::seconds{1};

std::string textOf(const nlohmann::json& root, const char* field) {
  if (!root.is_object()) return {};
  const auto found = root.find(field);
  return found != root.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Outcome failureOf(const http::Response& response, const nlohmann::json& root) {
  Outcome failure = fromStatus(response);
  const std::string error = textOf(root, "error");
  const bool ours = response.status >= 400 && response.status < 500 && response.status != 429 &&
                    response.status != 408 && response.status != 425;
  if (ours) failure.kind = OutcomeKind::auth;  // bad signature, unknown account, clock off
  if (response.status < 300) failure.kind = OutcomeKind::transient;
  if (!error.empty()) failure.code = error;
  failure.error = "access token: HTTP status " + std::to_string(response.status) +
                  (error.empty() ? "" : " " + error) + " " + textOf(root, "error_description");
  return failure;
}

}  // namespace

TokenAnswer classifyToken(const http::Response& response) {
  TokenAnswer answer;
  if (response.transport != http::Transport::ok) {
    answer.failure = fromTransport(response);
    if (answer.failure.kind == OutcomeKind::unknown) answer.failure.kind = OutcomeKind::transient;
    answer.failure.error = "access token: " + answer.failure.error;
  } else {
    const auto root = nlohmann::json::parse(response.body, nullptr, false);
    answer.token = response.status == 200 ? textOf(root, "access_token") : std::string{};
    // It becomes a header: what could not stand there is not a token.
    const bool clean = std::all_of(answer.token.begin(), answer.token.end(),
                                   [](char c) { return c > ' ' && c < '\x7f'; });
    if (!answer.token.empty() && clean) {
      const auto expires = root.find("expires_in");
      const bool known = expires != root.end() && expires->is_number();
      const double seconds = known ? expires->get<double>() : 3600.0;
      answer.lifetime = Millis{static_cast<Millis::rep>(std::clamp(seconds, 0.0, 86400.0) * 1000)};
      return answer;
    }
    answer.token.clear();
    answer.failure = failureOf(response, root);
  }
  answer.failure.nothingSent = true;
  return answer;
}

bool AccessToken::valid() const { return !token_.empty() && executor_.clock().mono() < expires_; }
bool AccessToken::fresh() const {
  return !token_.empty() && executor_.clock().mono() + renewBefore_ < expires_;
}

void AccessToken::refused(const std::string& token) {
  if (token == token_) token_.clear();
}

// The first who needs it renews it. While the old one is still good the others go on with that,
// and so does the first if the renewal fails.
Task<TokenAnswer> AccessToken::get(Deadline deadline) {
  if (!fresh()) {
    if (!renewing_) {
      if (executor_.clock().mono() >= failedUntil_) co_await renew(deadline);
    } else if (!valid()) {
      OneShot<bool> renewed(executor_);
      waiting_.push_back(&renewed);
      co_await renewed.waitUntil(deadline);
      std::erase(waiting_, &renewed);
    }
  }
  TokenAnswer answer;
  if (valid()) {
    answer.token = token_;
  } else if (renewing_) {
    answer.failure = outcomeOf(OutcomeKind::transient, "token_timeout",
                               "access token: not there before the deadline");
  } else {
    answer.failure = last_.failure;
  }
  co_return answer;
}

Task<void> AccessToken::renew(Deadline deadline) {
  renewing_ = true;
  last_ = co_await fetch_(deadline);
  renewing_ = false;
  if (!last_.token.empty()) {
    token_ = std::move(last_.token);
    expires_ = executor_.clock().mono() + last_.lifetime;
    renewBefore_ = std::min(renewBefore, last_.lifetime / 2);
    last_.failure = outcomeOf(OutcomeKind::transient, "token_expired",
                              "access token: it had no lifetime or was refused at once");
  } else {
    failedUntil_ = executor_.clock().mono() + pauseAfterFailure;
  }
  for (OneShot<bool>* waiter : waiting_) waiter->set(true);
}

}  // namespace tidings::providers
