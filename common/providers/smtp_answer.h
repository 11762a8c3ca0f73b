// What a mail relay's answers mean. Pure.
#pragma once

#include <string_view>

#include "http/mail.h"
#include "notification/outcome.h"

namespace tidings::providers {

// By the enhanced status code (RFC 3463) if there is one, else by the reply code, each at its
// stage. `sent` comes without a providerMessageId.
notification::Outcome classifySmtp(const http::MailAnswer& answer);

// "Ok: queued as 4AbC…" → "4AbC…": what the relay's operator finds it by; empty if it isn't told.
std::string_view queueIdOf(std::string_view text);

}  // namespace tidings::providers
