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
               OnRequest onRequest, OnCircuit onCircuit)
    : clock_(clock),
      channels_(std::move(channels)),
      onRequest_(std::move(onRequest)),
      onCircuit_(std::move(onCircuit)) {}

Task<Routed> Router::send(std::string_view channel, const providers::OutboundMessage& message,
                          Deadline deadline) {
  Routed routed;
  const auto found = channels_.find(channel);
  if (found == channels_.end()) {
    routed.outcome.kind = OutcomeKind::permanent;
    routed.outcome.error = "no provider is configured for this channel";
    co_return routed;
  }
  for (const auto& provider : found->second) {
    const auto blocked = breakers_[provider->name()].blockedFor(clock_.mono());
    if (blocked) {
      if (routed.provider.empty())
        routed.blocked = std::min(routed.blocked.value_or(*blocked), *blocked);
      continue;
    }
    Outcome outcome = co_await ask(*provider, message, deadline);
    routed = Routed{std::move(outcome), provider->name(), provider->idempotent(), std::nullopt};
    if (!anotherMayTry(routed.outcome) || deadline.passed(clock_)) break;
  }
  co_return routed;
}

Task<Outcome> Router::ask(providers::Provider& provider, const providers::OutboundMessage& message,
                          Deadline deadline) {
  const MonoTime start = clock_.mono();
  Outcome outcome = co_await provider.send(message, deadline);
  if (outcome.code == providers::kNoPlace) co_return outcome;  // of ours: it says nothing of theirs
  learn(provider.name(), outcome);
  if (onRequest_) {
    onRequest_(provider.name(), outcome, std::chrono::duration_cast<Millis>(clock_.mono() - start));
  }
  co_return outcome;
}

void Router::learn(const std::string& provider, const Outcome& outcome) {
  CircuitBreaker& breaker = breakers_[provider];
  const bool wasOpen = breaker.open();
  switch (outcome.kind) {
    case OutcomeKind::auth:
      breaker.refused(clock_.mono());
      break;
    case OutcomeKind::transient:
    case OutcomeKind::unknown:
      breaker.failed(clock_.mono());
      break;
    // Any other answer shows that the provider is there; throttling is paced by Retry-After.
    default:
      breaker.succeeded();
  }
  if (onCircuit_ && wasOpen != breaker.open()) onCircuit_(provider, breaker.open());
}

bool Router::idempotent(std::string_view channel) const {
  const auto found = channels_.find(channel);
  return found != channels_.end() && std::all_of(found->second.begin(), found->second.end(),
                                                 [](const auto& p) { return p->idempotent(); });
}

}  // namespace tidings::delivery
