// What a provider made of one request, in words that hold for every provider.
// providers returns it, delivery alone turns it into a settlement.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidings::notification {

enum class OutcomeKind {
  sent,           // accepted; Outcome::providerMessageId is set where the provider gives one
  transient,      // try again later
  throttled,      // try again later, not before Outcome::retryAfter if that is set
  permanent,      // this request can never succeed
  recipientGone,  // the address no longer exists: quarantine it
  auth,           // our credentials were refused: nobody's message gets through
  tooLarge,       // the content doesn't fit the provider's limits
  unknown,        // bytes were sent and no answer came: it may or may not have been accepted
};

std::string_view toString(OutcomeKind kind);

struct Outcome {
  OutcomeKind kind = OutcomeKind::unknown;
  std::string providerMessageId = {};
  std::string code = {};   // the provider's own, e.g. "21610" or "UNREGISTERED"
  std::string error = {};  // for people: at most 512 bytes, clean UTF-8, no secrets
  std::optional<Millis> retryAfter = std::nullopt;
  bool nothingSent = false;  // certain that the provider did not take it
};

}  // namespace tidings::notification
