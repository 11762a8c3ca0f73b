// The mail that is handed to a relay. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "http/mail.h"
#include "providers/mime.h"
#include "providers/unsubscribe.h"

namespace tidings::providers {

// What is the same for every mail of a provider.
struct MailStyle {
  Mailbox from;
  std::optional<Mailbox> replyTo;
  Unsubscribe unsubscribe;
};

// Error{invalid} names the setting that can't be used.
Result<MailStyle> mailStyleOf(const config::SmtpConfig& config);

// The same on every attempt, so that a receiver can drop a second copy.
std::string messageIdOf(const OutboundMessage& message, const MailStyle& style);

// Plain text, HTML, or both as alternatives. Precondition: isWritableAddress(message.address).
http::Mail buildMail(const OutboundMessage& message, const MailStyle& style, WallTime now);

}  // namespace tidings::providers
