// The form body of a Twilio message request. Pure.
#pragma once

#include <string>

#include "config/config.h"
#include "providers/provider.h"

namespace tidings::providers {

inline constexpr size_t kTwilioMaxCharacters = 1600;

// A configured status callback gets the notification's and the delivery's id into its query, as
// `id` and `d`.
std::string buildTwilio(const OutboundMessage& message, const config::TwilioConfig& config);

// In UTF-8 characters; what is more than kTwilioMaxCharacters no encoding brings under the limit.
size_t characters(std::string_view text);

}  // namespace tidings::providers
