#include "delivery/disposition.h"

#include <algorithm>

#include "policy/backoff.h"

namespace tidings::delivery {
namespace {

using notification::DeadReason;
using notification::DeliveryState;
using notification::Outcome;
using notification::OutcomeKind;
using notification::SkipReason;

constexpr Millis throttledByDefault{5'000};
constexpr Millis refusedByDefault{30'000};

Disposition dead(DeadReason reason, int attempts) {
  return {
      .state = DeliveryState::dead, .reason = std::string(toString(reason)), .attempts = attempts};
}

Disposition skipped(SkipReason reason, int attempts) {
  return {.state = DeliveryState::skipped,
          .reason = std::string(toString(reason)),
          .attempts = attempts};
}

Disposition retryOrGiveUp(const Outcome& outcome, const AttemptFacts& facts, Random& random) {
  const int made = facts.attemptsBefore + 1;
  if (made >= facts.type.retry.attempts) return dead(DeadReason::retriesExhausted, made);
  const auto delay = policy::nextDelay(facts.type.retry, made, outcome.retryAfter, facts.now,
                                       facts.expiresAt, random);
  if (!delay) return skipped(SkipReason::expired, made);
  return {.state = DeliveryState::retrying, .reason = {}, .attempts = made, .delay = delay};
}

// Nobody knows whether it arrived. Sending again is safe with an idempotency key; without one it is
// what the type chose. It never fails over to another provider.
Disposition whenUnknown(const Outcome& outcome, const AttemptFacts& facts, Random& random) {
  const bool mayRepeat = facts.idempotent || facts.type.onUncertain == config::OnUncertain::resend;
  Disposition next = mayRepeat ? retryOrGiveUp(outcome, facts, random)
                               : skipped(SkipReason::uncertain, facts.attemptsBefore + 1);
  next.uncertain = true;
  // The journal remembers it: whatever becomes of the retry, the caps' slots stay taken.
  if (next.state == DeliveryState::retrying) next.reason = toString(SkipReason::uncertain);
  return next;
}

// An error of the provider's own that does not prove that nothing was taken (a 500, a 504). A type
// that sends again takes it for a failure; one that must not can't.
bool asGoodAsUnknown(const Outcome& outcome, const AttemptFacts& facts) {
  return !outcome.nothingSent && !facts.idempotent &&
         facts.type.onUncertain == config::OnUncertain::skip;
}

Disposition waitWithoutBlame(Millis wait, DeliveryState state, std::string_view reason,
                             DeadReason inTheEnd, const AttemptFacts& facts) {
  if (facts.now - facts.firstSeen >= patience) return dead(inTheEnd, facts.attemptsBefore);
  if (facts.expiresAt && facts.now + wait >= *facts.expiresAt) {
    return skipped(SkipReason::expired, facts.attemptsBefore);
  }
  return {.state = state,
          .reason = std::string(reason),
          .attempts = facts.attemptsBefore,
          .delay = wait};
}

}  // namespace

Disposition dispose(const Outcome& outcome, const AttemptFacts& facts, Random& random) {
  const int made = facts.attemptsBefore + 1;
  switch (outcome.kind) {
    case OutcomeKind::sent:
      return {.state = DeliveryState::sent, .reason = {}, .attempts = made};
    case OutcomeKind::transient:
      return asGoodAsUnknown(outcome, facts) ? whenUnknown(outcome, facts, random)
                                             : retryOrGiveUp(outcome, facts, random);
    case OutcomeKind::unknown:
      return whenUnknown(outcome, facts, random);
    case OutcomeKind::throttled: {
      const Millis least =
          std::min(outcome.retryAfter.value_or(throttledByDefault), policy::longestDelay);
      const Millis wait = least + policy::backoff(facts.type.retry, 1, random);
      return waitWithoutBlame(wait, DeliveryState::retrying, "throttled",
                              DeadReason::retriesExhausted, facts);
    }
    case OutcomeKind::auth:
      return waitWithoutBlame(outcome.retryAfter.value_or(refusedByDefault),
                              DeliveryState::deferred, "provider_auth",
                              DeadReason::expiredProviderAuth, facts);
    case OutcomeKind::permanent:
      return dead(DeadReason::permanent, made);
    case OutcomeKind::tooLarge:
      return dead(DeadReason::tooLarge, made);
    case OutcomeKind::recipientGone: {
      Disposition gone = dead(DeadReason::recipientGone, made);
      gone.deactivateAddress = true;
      return gone;
    }
  }
  return dead(DeadReason::permanent, made);
}

bool waitsForItsTime(const Disposition& disposition) {
  return disposition.state == DeliveryState::deferred &&
         (disposition.reason == waitsForSendAt ||
          disposition.reason == toString(SkipReason::capped));
}

Disposition postpone(Millis wait, std::string_view reason, const AttemptFacts& facts) {
  return waitWithoutBlame(wait, DeliveryState::deferred, reason, DeadReason::retriesExhausted,
                          facts);
}

}  // namespace tidings::delivery
