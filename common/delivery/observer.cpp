#include "delivery/observer.h"

namespace tidings::delivery {

using notification::DeliveryState;

void Observer::settled(const Settled& what) {
  const Disposition& next = what.disposition;
  const std::string_view state = toString(next.state);
  log_.transition({.event = state,
                   .id = what.job.id,
                   .type = what.job.type,
                   .recipient = what.job.recipient,
                   .channel = what.target.channel,
                   .provider = what.provider,
                   .state = state,
                   .reason = next.reason,
                   .attempt = next.attempts,
                   .took = what.took,
                   .error = what.error});
  metrics_.delivery(what.target.channel, what.provider, state);
  if (notification::isFinal(next.state)) metrics_.sent(what.job.type, what.job.priority, state);
  if (next.state == DeliveryState::skipped) metrics_.skipped(what.job.type, next.reason);
  if (next.state == DeliveryState::dead) metrics_.dead(what.job.type, next.reason);
  if (next.state == DeliveryState::retrying) metrics_.retried(what.job.type, what.target.channel);
  if (next.state == DeliveryState::deferred) metrics_.deferred(what.job.type, next.reason);
}

void Observer::duplicate(const notification::Notification& job,
                         const notification::Target& target) {
  log_.transition({.event = "duplicate",
                   .id = job.id,
                   .type = job.type,
                   .recipient = job.recipient,
                   .channel = target.channel,
                   .provider = {},
                   .state = "skipped",
                   .reason = "duplicate",
                   .error = {}});
  metrics_.skipped(job.type, "duplicate");
}

void Observer::buried(std::string_view type, std::string_view id, std::string_view reason,
                      std::string_view error) {
  log_.transition({.event = "dead",
                   .id = id,
                   .type = type,
                   .recipient = {},
                   .channel = {},
                   .provider = {},
                   .state = "dead",
                   .reason = reason,
                   .error = error});
  metrics_.dead(type, reason);
}

void Observer::received(std::string_view type, bool retryLane, bool redelivered) {
  metrics_.received(type, retryLane ? "retry" : "fresh", redelivered);
}

void Observer::queued(const notification::Notification& job, WallTime now) {
  if (job.createdAt) metrics_.queued(job.type, now - *job.createdAt);
}

}  // namespace tidings::delivery
