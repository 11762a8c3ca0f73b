// The words for what becomes of a delivery: one job on one channel to one address.
// The texts are public: they are stored, put in headers and shown.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace tidings::notification {

enum class DeliveryState {
  sending,    // claimed by a worker
  sent,       // the provider accepted it
  delivered,  // these five are reported later
  opened,
  clicked,
  bounced,
  complained,
  skipped,   // on purpose, with a SkipReason
  retrying,  // a transient failure; there is a next attempt
  deferred,  // waiting for a time
  dead,      // gave up, with a DeadReason
};

enum class SkipReason {
  optedOut,
  muted,
  capped,
  quiet,
  noAddress,
  expired,
  duplicate,
  cancelled,
  unsubscribed,
  uncertain,  // it may have been sent, and the type says on_uncertain: skip
};

enum class DeadReason {
  malformed,
  unknownType,
  templateError,
  permanent,
  retriesExhausted,
  expiredProviderAuth,
  poison,
  tooLarge,
  recipientGone,
};

// snake_case, as in the message reference.
std::string_view toString(DeliveryState state);
std::string_view toString(SkipReason reason);
std::string_view toString(DeadReason reason);

// The inverse; nullopt for any other text.
std::optional<DeliveryState> parseDeliveryState(std::string_view text);
std::optional<SkipReason> parseSkipReason(std::string_view text);
std::optional<DeadReason> parseDeadReason(std::string_view text);

// Nothing more will be sent: every state but sending, retrying and deferred.
bool isFinal(DeliveryState state);

// Where a delivery goes. An empty address stands for a channel the recipient has no address on.
struct Target {
  std::string channel;
  std::string address;
  auto operator<=>(const Target&) const = default;
};

}  // namespace tidings::notification
