// Push through Firebase Cloud Messaging, HTTP v1.
#pragma once

#include "config/config.h"
#include "http/client.h"
#include "providers/access_token.h"
#include "providers/fcm_account.h"
#include "providers/gone_guard.h"
#include "providers/provider.h"

namespace tidings::providers {

class Fcm final : public Provider {
 public:
  struct Origins {
    std::unique_ptr<http::Origin> send, token;
  };
  Fcm(const config::ProviderConfig& config, FcmAccount account, Origins origins, Loop& loop);

  Task<notification::Outcome> send(const OutboundMessage& message, Deadline deadline) override;
  const std::string& name() const override { return name_; }
  bool idempotent() const override { return false; }

 private:
  static Task<TokenAnswer> fetchToken(Fcm& self, Deadline deadline);
  // A token and the headers that carry it.
  struct Bearer {
    std::string token;
    std::shared_ptr<const http::Headers> headers;
  };
  Deadline ownTime(Deadline deadline) const;
  Task<Outcome> sendOnce(const std::string& body, bool important, Deadline deadline);
  const std::shared_ptr<const Bearer>& bearerOf(const std::string& token);

  const std::string name_;
  const Millis timeout_;
  const FcmAccount account_;
  const std::string url_;
  const Origins origins_;
  Loop& loop_;
  Redactor redactor_;
  AccessToken token_;
  GoneGuard guard_;
  const std::shared_ptr<const http::Headers> formHeaders_;
  std::shared_ptr<const Bearer> bearer_;  // of the token last used
};

Result<std::unique_ptr<Provider>> makeFcm(const config::ProviderConfig& config,
                                          http::Client& client, Loop& loop);

}  // namespace tidings::providers
