#include "delivery/router.h"

#include <algorithm>

#include "providers/outcomes.h"

namespace tidings::delivery {
namespace {

using notification::Outcome;
using notification::OutcomeKind;

// Only what this provider certainly did not take may go to another one.
bool anotherMayTry(const Outcome& outcome) {
  switch (outcome.kind) {
    case OutcomeKind::transient:
      return outcome.nothingSent;
    case OutcomeKind::throttled:
    case OutcomeKind::permanent:
    case OutcomeKind::auth:
      return true;
    default:
      return false;
  }
}

}  // namespace

Router::Router(const Clock& clock, std::map<std::string, Providers, std::less<>> channels,
               OnRequest onRequest)
    : clock_(clock), onRequest_(std::move(onRequest)) {
  for (const auto& [channel, providers] : channels) {
    auto& routes = channels_[channel];
    for (const auto& provider : providers) {
      routes.push_back({provider, &breakers_[provider->name()]});
    }
  }
}

Task<Routed> Router::send(std::string_view channel, const providers::OutboundMessage& message,
                          Deadline deadline) {
  Routed routed;
  const auto found = channels_.find(channel);
  if (found == channels_.end()) {
    routed.outcome.kind = OutcomeKind::permanent;
    routed.outcome.error = "no provider is configured for this channel";
    co_return routed;
  }
  for (const Route& route : found->second) {
    const MonoTime start = clock_.mono();
    const auto blocked = route.breaker->blockedFor(start);
    if (blocked) {
      if (routed.provider.empty())
        routed.blocked = std::min(routed.blocked.value_or(*blocked), *blocked);
      continue;
    }
    providers::Provider& provider = *route.provider;
    Outcome outcome = co_await provider.send(message, deadline);
    learn(route, outcome, start);
    routed = Routed{std::move(outcome), provider.name(), provider.idempotent(), std::nullopt};
    if (!anotherMayTry(routed.outcome) || deadline.passed(clock_)) break;
  }
  co_return routed;
}

void Router::learn(const Route& route, const Outcome& outcome, MonoTime start) {
  if (outcome.code == providers::kNoPlace) return;  // of ours: it says nothing of theirs
  const MonoTime now = clock_.mono();
  CircuitBreaker& breaker = *route.breaker;
  switch (outcome.kind) {
    case OutcomeKind::auth:
      breaker.refused(now);
      break;
    case OutcomeKind::transient:
    case OutcomeKind::unknown:
      breaker.failed(now);
      break;
    // Any other answer shows that the provider is there; throttling is paced by Retry-After.
    default:
      breaker.succeeded();
  }
  if (!onRequest_) return;
  onRequest_(route.provider->name(), outcome, std::chrono::duration_cast<Millis>(now - start));
}

std::map<std::string, bool> Router::circuits() const {
  std::map<std::string, bool> circuits;
  for (const auto& [provider, breaker] : breakers_) circuits.emplace(provider, breaker.open());
  return circuits;
}

bool Router::idempotent(std::string_view channel) const {
  const auto found = channels_.find(channel);
  return found != channels_.end() &&
         std::all_of(found->second.begin(), found->second.end(),
                     [](const Route& route) { return route.provider->idempotent(); });
}

}  // namespace tidings::delivery
