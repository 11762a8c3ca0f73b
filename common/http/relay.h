// One mail relay: kept SMTP connections and a bounded number of places.
#pragma once

#include <memory>
#include <vector>

#include "http/places.h"
#include "http/smtp_session.h"

namespace tidings::http {

class SmtpRelay final : public Relay {
 public:
  SmtpRelay(Multi& multi, Options options);
  ~SmtpRelay() override;
  Task<MailAnswer> send(Mail mail, Deadline deadline) override;

 private:
  std::unique_ptr<SmtpSession> takeIdle();
  void keep(std::unique_ptr<SmtpSession> session);
  void dropOld();
  void armTimer();

  Multi& multi_;
  const Options options_;
  Places places_;
  std::vector<std::unique_ptr<SmtpSession>> idle_;  // oldest use first
  TimerId timer_ = 0;
};

}  // namespace tidings::http
