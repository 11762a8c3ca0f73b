// What is written to an SMTP server. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/mail.h"
#include "http/smtp_reply.h"

namespace tidings::http {

struct SmtpEnvelope {
  std::string from;  // "MAIL FROM:<a@b> SIZE=123"
  std::string to;    // "RCPT TO:<c@d>"
};

// Error{permanent} for an address that can't be written, or only with SMTPUTF8 where the server
// does not have it.
Result<SmtpEnvelope> smtpEnvelope(const Mail& mail, const SmtpFeatures& features);

// The message with its dots stuffed and the final dot behind it.
std::string smtpData(std::string_view message);

}  // namespace tidings::http
