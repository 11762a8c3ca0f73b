#include "notification/delivery.h"

#include <array>
#include <utility>

namespace tidings::notification {
namespace {

template <class E, size_t N>
using Words = std::array<std::pair<E, std::string_view>, N>;

constexpr auto states = std::to_array<std::pair<DeliveryState, std::string_view>>({
    {DeliveryState::sending, "sending"},
    {DeliveryState::sent, "sent"},
    {DeliveryState::delivered, "delivered"},
    {DeliveryState::opened, "opened"},
    {DeliveryState::clicked, "clicked"},
    {DeliveryState::bounced, "bounced"},
    {DeliveryState::complained, "complained"},
    {DeliveryState::skipped, "skipped"},
    {DeliveryState::retrying, "retrying"},
    {DeliveryState::deferred, "deferred"},
    {DeliveryState::dead, "dead"},
});

constexpr auto skips = std::to_array<std::pair<SkipReason, std::string_view>>({
    {SkipReason::optedOut, "opted_out"},
    {SkipReason::muted, "muted"},
    {SkipReason::capped, "capped"},
    {SkipReason::quiet, "quiet"},
    {SkipReason::noAddress, "no_address"},
    {SkipReason::expired, "expired"},
    {SkipReason::duplicate, "duplicate"},
    {SkipReason::cancelled, "cancelled"},
    {SkipReason::unsubscribed, "unsubscribed"},
    {SkipReason::uncertain, "uncertain"},
});

constexpr auto deaths = std::to_array<std::pair<DeadReason, std::string_view>>({
    {DeadReason::malformed, "malformed"},
    {DeadReason::unknownType, "unknown_type"},
    {DeadReason::templateError, "template_error"},
    {DeadReason::permanent, "permanent"},
    {DeadReason::retriesExhausted, "retries_exhausted"},
    {DeadReason::expiredProviderAuth, "expired_provider_auth"},
    {DeadReason::poison, "poison"},
    {DeadReason::tooLarge, "too_large"},
    {DeadReason::recipientGone, "recipient_gone"},
});

// The arrays are in the order of the enums, so a word is found by its index.
template <class E, size_t N>
constexpr bool inOrder(const Words<E, N>& words) {
  for (size_t i = 0; i < N; ++i) {
    if (static_cast<size_t>(words[i].first) != i) return false;
  }
  return true;
}
static_assert(inOrder(states) && inOrder(skips) && inOrder(deaths));

template <class E, size_t N>
std::optional<E> parse(const Words<E, N>& words, std::string_view text) {
  for (const auto& [value, word] : words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view toString(DeliveryState state) { return states[static_cast<size_t>(state)].second; }
std::string_view toString(SkipReason reason) { return skips[static_cast<size_t>(reason)].second; }
std::string_view toString(DeadReason reason) { return deaths[static_cast<size_t>(reason)].second; }

std::optional<DeliveryState> parseDeliveryState(std::string_view text) {
  return parse(states, text);
}
std::optional<SkipReason> parseSkipReason(std::string_view text) { return parse(skips, text); }
std::optional<DeadReason> parseDeadReason(std::string_view text) { return parse(deaths, text); }

bool isFinal(DeliveryState state) {
  return state != DeliveryState::sending && state != DeliveryState::retrying &&
         state != DeliveryState::deferred;
}

}  // namespace tidings::notification
