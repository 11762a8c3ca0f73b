#include "delivery/attempt.h"

#include <algorithm>

#include "base/crash_point.h"
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

// Nobody knows whether the owner that died had sent it, unless it was not due by that owner's clock
// either: clocks may be wrong, but not by days.
bool mayHaveBeenSent(const JobContext& context, const Claimed& claimed, const AttemptFacts& facts) {
  constexpr Millis clocksDiffer = std::chrono::hours{24};
  const auto& due = context.job.sendAt;
  return claimed.takenOver && (!due || *due - facts.now < clocksDiffer);
}

// What is known before anything is sent.
std::optional<Disposition> decidedAlready(const JobContext& context, const Claimed& claimed,
                                          const AttemptFacts& facts) {
  if (mayHaveBeenSent(context, claimed, facts) && !facts.idempotent &&
      context.type.onUncertain == config::OnUncertain::skip) {
    return Disposition{.state = DeliveryState::skipped,
                       .reason = std::string(toString(SkipReason::uncertain)),
                       .attempts = facts.attemptsBefore,
                       .uncertain = true};
  }
  if (context.job.sendAt && *context.job.sendAt > facts.now) {
    return Disposition{.state = DeliveryState::deferred,
                       .reason = std::string(waitsForSendAt),
                       .attempts = facts.attemptsBefore,
                       .delay = *context.job.sendAt - facts.now};
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

bool endedUnsent(const Disposition& disposition) {
  if (disposition.uncertain) return false;
  const DeliveryState state = disposition.state;
  return state == DeliveryState::skipped || state == DeliveryState::dead ||
         state == DeliveryState::deferred;
}

Task<void> attemptOne(const JobContext& context, Attempt& attempt) {
  World& world = context.world;
  const MonoTime start = world.loop.clock().mono();
  AttemptFacts facts = factsOf(context, attempt.claimed);
  if (auto decided = decidedAlready(context, attempt.claimed, facts)) {
    attempt.disposition = std::move(*decided);
    co_return;
  }
  Result<providers::OutboundMessage> message = compose(context, attempt.claimed.target);
  if (!message.ok()) {
    attempt.error = message.error().message;
    attempt.disposition = {.state = DeliveryState::dead,
                           .reason = std::string(toString(DeadReason::templateError)),
                           .attempts = facts.attemptsBefore + 1};
    co_return;
  }
  const Deadline deadline = Deadline::after(world.loop.clock(), longestSend);
  TIDINGS_CRASH_POINT_OF("before-send", context.job.id);
  Routed routed =
      co_await context.settings.router->send(attempt.claimed.target.channel, *message, deadline);
  TIDINGS_CRASH_POINT("answered");
  facts.now = world.now();
  if (world.sends.stop_requested() && certainlyUnsent(routed)) {
    attempt.disposition = interrupted(facts);
  } else {
    apply(std::move(routed), facts, world.random, attempt);
  }
  attempt.took = std::chrono::duration_cast<Millis>(world.loop.clock().mono() - start);
}

Task<void> attemptTogether(const JobContext& context, std::vector<Attempt>& attempts) {
  Scope scope;
  for (Attempt& attempt : attempts) scope.spawn(attemptOne(context, attempt));
  co_await scope.join();
}

// The rows are of these attempts, which have given their targets away.
bool nothingSentIn(const std::string& channel, const std::vector<Attempt>& attempts,
                   const std::vector<store::Settlement>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].target.channel == channel && !endedUnsent(attempts[i].disposition)) return false;
  }
  return true;
}

store::Settlement rowOf(const notification::Notification& job, Attempt& attempt) {
  const Disposition& next = attempt.disposition;
  store::Settlement row{.notificationId = job.id,
                        .recipient = job.recipient,
                        .target = std::move(attempt.claimed.target),
                        .ticket = attempt.claimed.ticket,
                        .state = next.state,
                        .reason = next.reason,
                        .provider = std::move(attempt.provider),
                        .providerMessageId = std::move(attempt.providerMessageId),
                        .error = std::move(attempt.error),
                        .attempt = next.attempts,
                        .nextAttemptIn = next.delay,
                        .refundCaps = {},
                        .deactivateAddress = next.deactivateAddress,
                        .uncertain = next.uncertain};
  return row;
}

}  // namespace

Task<void> attemptAll(const JobContext& context, std::vector<Attempt>& attempts) {
  return attempts.size() == 1 ? attemptOne(context, attempts[0])
                              : attemptTogether(context, attempts);
}

std::vector<store::Settlement> settlementsOf(const notification::Notification& job,
                                             std::vector<Attempt>& attempts) {
  std::vector<store::Settlement> rows;
  rows.reserve(attempts.size());
  for (Attempt& attempt : attempts) rows.push_back(rowOf(job, attempt));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!nothingSentIn(rows[i].target.channel, attempts, rows)) continue;
    for (store::CapRef& cap : attempts[i].claimed.caps) {
      rows[i].refundCaps.push_back(std::move(cap.name));
    }
  }
  return rows;
}

}  // namespace tidings::delivery
