// SMS through Twilio.
#pragma once

#include "config/config.h"
#include "http/client.h"
#include "providers/gone_guard.h"
#include "providers/outcomes.h"
#include "providers/provider.h"

namespace tidings::providers {

class Twilio final : public Provider {
 public:
  Twilio(const config::ProviderConfig& config, std::unique_ptr<http::Origin> origin, Loop& loop);

  Task<notification::Outcome> send(const OutboundMessage& message, Deadline deadline) override;
  const std::string& name() const override { return name_; }
  bool idempotent() const override { return false; }

 private:
  std::shared_ptr<const http::Headers> headersFor(const OutboundMessage& message) const;

  const std::string name_;
  const Millis timeout_;
  const config::TwilioConfig config_;
  const std::string url_;
  const std::unique_ptr<http::Origin> origin_;
  const std::string authorization_;
  Loop& loop_;
  Redactor redactor_;
  GoneGuard guard_;
};

Result<std::unique_ptr<Provider>> makeTwilio(const config::ProviderConfig& config,
                                             http::Client& client, Loop& loop);

}  // namespace tidings::providers
