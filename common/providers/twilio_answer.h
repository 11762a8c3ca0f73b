// What Twilio's answers and error codes mean. Pure.
#pragma once

#include <optional>

#include "http/message.h"
#include "notification/outcome.h"

namespace tidings::providers {

struct TwilioMeaning {
  notification::OutcomeKind kind;
  std::optional<Millis> retryAfter = std::nullopt;
};

// The table of error codes, those of late status callbacks included; nullopt for others.
std::optional<TwilioMeaning> meaningOfTwilioCode(int code);

notification::Outcome classifyTwilio(const http::Response& response);

}  // namespace tidings::providers
