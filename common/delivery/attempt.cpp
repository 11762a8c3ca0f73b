#include "delivery/attempt.h"

#include <algorithm>

#include "base/hash.h"
#include "delivery/content.h"
#include "runtime/scope.h"

namespace tidings::delivery {
namespace {

using notification::DeadReason;
using notification::DeliveryState;
using notification::SkipReason;

constexpr Millis longestSend{30'000};  // providers have shorter timeouts of their own

AttemptFacts factsOf(const JobContext& context, const Claimed& claimed) {
  return {.type = context.type,
          .attemptsBefore = claimed.attemptsBefore,
          .now = context.world.now(),
          .firstSeen = context.firstSeen,
          .expiresAt = context.job.expiresAt,
          .idempotent = context.settings.router->idempotent(claimed.target.channel)};
}

// The worker stops before the provider got it: the next worker's attempt is this one.
Disposition interrupted(const AttemptFacts& facts) {
  constexpr Millis soon{1'000};
  return {.state = DeliveryState::retrying,
          .reason = "shutdown",
          .attempts = facts.attemptsBefore,
          .delay = soon};
}

// What is known before anything is sent.
std::optional<Disposition> decidedAlready(const JobContext& context, const Claimed& claimed,
                                          const AttemptFacts& facts) {
  if (context.job.sendAt && *context.job.sendAt > facts.now) {
    return Disposition{.state = DeliveryState::deferred,
                       .reason = "send_at",
                       .attempts = facts.attemptsBefore,
                       .delay = *context.job.sendAt - facts.now};
  }
  if (claimed.takenOver && !facts.idempotent &&
      context.type.onUncertain == config::OnUncertain::skip) {
    return Disposition{.state = DeliveryState::skipped,
                       .reason = std::string(toString(SkipReason::uncertain)),
                       .attempts = facts.attemptsBefore};
  }
  return std::nullopt;
}

bool certainlyUnsent(const Routed& routed) { return routed.blocked || routed.outcome.nothingSent; }

void apply(Routed routed, const AttemptFacts& facts, Random& random, Attempt& attempt) {
  attempt.provider = std::move(routed.provider);
  attempt.providerMessageId = std::move(routed.outcome.providerMessageId);
  attempt.error = std::move(routed.outcome.error);
  attempt.disposition = routed.blocked ? postpone(*routed.blocked, "circuit_open", facts)
                                       : dispose(routed.outcome, facts, random);
}

Task<void> attemptInto(const JobContext& context, Claimed claimed, Attempt& out) {
  out = co_await attemptDelivery(context, std::move(claimed));
}

bool endedUnsent(const Attempt& attempt) {
  if (attempt.disposition.uncertain) return false;
  const DeliveryState state = attempt.disposition.state;
  return state == DeliveryState::skipped || state == DeliveryState::dead ||
         state == DeliveryState::deferred;
}

}  // namespace

Task<Attempt> attemptDelivery(const JobContext& context, Claimed claimed) {
  World& world = context.world;
  const MonoTime start = world.loop.clock().mono();
  Attempt attempt{.claimed = std::move(claimed),
                  .disposition = {},
                  .provider = {},
                  .providerMessageId = {},
                  .error = {}};
  AttemptFacts facts = factsOf(context, attempt.claimed);
  if (auto decided = decidedAlready(context, attempt.claimed, facts)) {
    attempt.disposition = std::move(*decided);
    co_return attempt;
  }
  Result<providers::OutboundMessage> message = compose(context, attempt.claimed.target);
  if (!message.ok()) {
    attempt.error = message.error().message;
    attempt.disposition = {.state = DeliveryState::dead,
                           .reason = std::string(toString(DeadReason::templateError)),
                           .attempts = facts.attemptsBefore + 1};
    co_return attempt;
  }
  const Deadline deadline = Deadline::after(world.loop.clock(), longestSend);
  Routed routed =
      co_await context.settings.router->send(attempt.claimed.target.channel, *message, deadline);
  facts.now = world.now();
  if (world.sends.stop_requested() && certainlyUnsent(routed)) {
    attempt.disposition = interrupted(facts);
  } else {
    apply(std::move(routed), facts, world.random, attempt);
  }
  attempt.took = std::chrono::duration_cast<Millis>(world.loop.clock().mono() - start);
  co_return attempt;
}

Task<std::vector<Attempt>> attemptAll(const JobContext& context, std::vector<Claimed> claimed) {
  std::vector<Attempt> attempts(claimed.size());
  if (claimed.size() == 1) {
    attempts[0] = co_await attemptDelivery(context, std::move(claimed[0]));
    co_return attempts;
  }
  Scope scope;
  for (size_t i = 0; i < claimed.size(); ++i) {
    scope.spawn(attemptInto(context, std::move(claimed[i]), attempts[i]));
  }
  co_await scope.join();
  co_return attempts;
}

std::vector<store::Settlement> settlementsOf(const notification::Notification& job,
                                             const std::vector<Attempt>& attempts, WallTime now) {
  std::vector<store::Settlement> rows;
  rows.reserve(attempts.size());
  for (const Attempt& attempt : attempts) {
    const Disposition& next = attempt.disposition;
    const bool nothingInChannel =
        std::all_of(attempts.begin(), attempts.end(), [&](const Attempt& other) {
          return other.claimed.target.channel != attempt.claimed.target.channel ||
                 endedUnsent(other);
        });
    store::Settlement row{.notificationId = job.id,
                          .recipient = job.recipient,
                          .target = attempt.claimed.target,
                          .ticket = attempt.claimed.ticket,
                          .state = next.state,
                          .reason = next.reason,
                          .provider = attempt.provider,
                          .providerMessageId = attempt.providerMessageId,
                          .error = attempt.error,
                          .attempt = next.attempts,
                          .nextAttemptAt = {},
                          .refundCaps = {},
                          .deactivateAddress = next.deactivateAddress};
    if (next.delay) row.nextAttemptAt = now + *next.delay;
    if (nothingInChannel) row.refundCaps = attempt.claimed.caps;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tidings::delivery
