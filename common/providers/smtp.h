// E-mail through a relay, over SMTP.
#pragma once

#include "config/config.h"
#include "http/client.h"
#include "providers/gone_guard.h"
#include "providers/outcomes.h"
#include "providers/provider.h"
#include "providers/smtp_message.h"

namespace tidings::providers {

class Smtp final : public Provider {
 public:
  Smtp(const config::ProviderConfig& config, MailStyle style, std::unique_ptr<http::Relay> relay,
       Loop& loop);

  Task<notification::Outcome> send(const OutboundMessage& message, Deadline deadline) override;
  const std::string& name() const override { return name_; }
  // The Message-ID stays the same, but not every receiver looks at it.
  bool idempotent() const override { return false; }

 private:
  const std::string name_;
  const Millis timeout_;
  const MailStyle style_;
  const std::unique_ptr<http::Relay> relay_;
  Loop& loop_;
  Redactor redactor_;
  GoneGuard guard_;
};

Result<std::unique_ptr<Provider>> makeSmtp(const config::ProviderConfig& config,
                                           http::Client& client, Loop& loop);

}  // namespace tidings::providers
