#include "delivery/journey.h"

#include <algorithm>

#include "base/crash_point.h"
#include "delivery/follow_up.h"

namespace tidings::delivery {
namespace {

using notification::DeadReason;
using notification::DeliveryState;
using notification::SkipReason;
using notification::Target;
using store::ClaimAnswer;
using store::Verdict;

store::JobClaim::Item itemOf(policy::Plan::Planned planned) {
  store::JobClaim::Item item{.target = std::move(planned.target), .skip = planned.skip, .caps = {}};
  item.caps.reserve(planned.caps.size());
  for (const config::CapConfig* cap : planned.caps) {
    item.caps.push_back(
        {cap->name, cap->limit, cap->window, cap->onExceed == config::OnExceed::defer});
  }
  return item;
}

notification::DecodeHints hintsOf(const queue::Incoming& message) {
  const amqp::Properties& properties = message.properties;
  notification::DecodeHints hints{
      .queueType = message.type, .messageId = {}, .priority = {}, .timestamp = {}};
  if (!properties.messageId.empty()) hints.messageId = properties.messageId;
  if (properties.priority) hints.priority = *properties.priority;
  if (properties.timestamp) {
    // Beyond the year 9999 it is no time that anybody meant (some clients write milliseconds).
    constexpr uint64_t yearTenThousand = 253'402'300'800;
    if (*properties.timestamp < yearTenThousand) {
      hints.timestamp = WallTime{std::chrono::seconds{static_cast<int64_t>(*properties.timestamp)}};
    }
  }
  return hints;
}

// A body whose type is a name that nobody configured is not malformed, it is unknown here.
bool namesUnknownType(const Error& error, const std::string& body, const config::Config& config) {
  if (!error.message.starts_with("/type:")) return false;
  const auto parsed = JsonDocument::parse(body, notification::maxDepth);
  const std::string_view type = parsed ? parsed->root().textOf("type") : std::string_view{};
  return !type.empty() && config::findType(config, type) == nullptr;
}

}  // namespace

Journey::Journey(World& world, std::shared_ptr<const Settings> settings, queue::Incoming&& message)
    : world_(world),
      settings_(std::move(settings)),
      message_(std::move(message)),
      headers_(queue::readHeaders(message_.properties.headers)),
      firstTime_(!headers_.firstSeen && !headers_.replay),
      start_(world.loop.clock().mono()) {
  if (!headers_.firstSeen) headers_.firstSeen = world.now();
}

Task<void> Journey::run() {
  TIDINGS_CRASH_POINT("received");
  Due due = Due::now;
  if (waitLeft() > Millis{0} || wasDelivered()) due = co_await becomeDue();
  if (due == Due::now && !tried_) {
    if (world_.isolation.occupied()) due = co_await waitUntilFree();
    together_ = world_.isolation.first();
  }
  bool durable = due != Due::stopped;
  if (due == Due::now && decode()) {
    TIDINGS_CRASH_POINT("decoded");
    if (job_.fansOut()) {
      durable = co_await fanOut();
    } else {
      durable = co_await deliver();
    }
  }
  if (durable && !followUps_.empty()) {
    stepAside();
    durable = co_await publishAll();
  }
  if (durable) {
    TIDINGS_CRASH_POINT("before-ack");
    world_.ports.ack(message_.ticket);
  }
  // Where it is left to another worker, because this one stops, this one did not die of it.
  if (tried_) world_.ports.endTry(*tried_);
  if (!durable) co_return;
  TIDINGS_CRASH_POINT("acked");
  if (due == Due::now) world_.observer.finished(message_.type, world_.loop.clock().mono() - start_);
}

bool Journey::decode() {
  world_.observer.received(message_.type, message_.lane == queue::Lane::retry,
                           message_.redelivered);
  type_ = config::findType(settings_->config, message_.type);
  if (type_ == nullptr) {
    bury(DeadReason::unknownType, "type: found " + message_.type + ", expected a configured type");
    return false;
  }
  if (message_.truncated) {
    bury(DeadReason::malformed, "body: found " + std::to_string(message_.bodySize) +
                                    " bytes, expected at most " +
                                    std::to_string(notification::maxBodyBytes));
    return false;
  }
  TIDINGS_CRASH_POINT_OF("decoding", message_.body);
  Result<notification::Notification> decoded =
      notification::decode(message_.body, hintsOf(message_));
  if (!decoded.ok()) {
    const bool unknown = namesUnknownType(decoded.error(), message_.body, settings_->config);
    bury(unknown ? DeadReason::unknownType : DeadReason::malformed,
         std::move(decoded.error().message));
    return false;
  }
  job_ = std::move(*decoded);
  if (const Status channels = policy::checkChannels(job_, *type_); !channels.ok()) {
    bury(DeadReason::malformed, channels.error().message);
    return false;
  }
  if (firstTime_) world_.observer.queued(job_, world_.now());
  return true;
}

Task<bool> Journey::deliver() {
  auto profile = co_await world_.ports.profile(job_.recipient);
  if (!profile.ok()) co_return comeBack("profile_failed", profile.error());
  profile_ = std::move(*profile);
  std::vector<Target> begun;
  if (wasDelivered() && headers_.owed.empty()) {
    store::JobKey key{job_.id, job_.recipient};
    auto found = co_await world_.ports.begun(std::move(key));
    if (!found.ok()) co_return comeBack("begun_failed", found.error());
    begun = std::move(*found);
  }
  store::JobClaim claim = claimOf(policy::decide(job_, *type_, settings_->config, *profile_,
                                                 world_.now(), headers_.owed, begun));
  co_return co_await process(std::move(claim));
}

Task<bool> Journey::process(store::JobClaim claim) {
  TIDINGS_CRASH_POINT("before-claim");
  auto answers = co_await world_.ports.claim(claim);
  TIDINGS_CRASH_POINT("claimed");
  if (!answers.ok()) {
    if (answers.error().kind == ErrorKind::cancelled) co_return false;
    bury(DeadReason::permanent, "could not be recorded: " + answers.error().message);
    co_return true;
  }
  if (store::endsRecord(*answers)) tried_.reset();
  claim.tried.reset();
  Sorted sorted = sort(std::move(claim.items), *answers);
  if (!sorted.attempts.empty()) {
    const JobContext context{world_, *settings_, *type_, job_, *profile_, firstSeen()};
    co_await attemptAll(context, sorted.attempts);
    const bool settled = co_await settle(sorted.attempts);
    if (!settled) co_return false;
  }
  if (sorted.suspects.empty()) co_return true;
  together_ = {};  // it would wait for itself
  alone_ = co_await world_.isolation.alone(world_.work);
  claim.items = std::move(sorted.suspects);
  claim.exclusive = true;
  co_return co_await process(std::move(claim));
}

store::JobClaim Journey::claimOf(policy::Plan plan) const {
  store::JobClaim claim{.notificationId = job_.id,
                        .recipient = job_.recipient,
                        .type = job_.type,
                        .priority = job_.priority,
                        .attempt = headers_.attempt,
                        .redelivered = wasDelivered(),
                        .replay = headers_.replay,
                        .exclusive = alone_.held(),
                        .tried = tried_,
                        .items = {}};
  claim.items.reserve(plan.deliveries.size());
  for (auto& planned : plan.deliveries) claim.items.push_back(itemOf(std::move(planned)));
  return claim;
}

Journey::Sorted Journey::sort(Items items, const std::vector<ClaimAnswer>& answers) {
  Sorted sorted;
  for (size_t i = 0; i < items.size(); ++i) {
    const ClaimAnswer& answer = answers[i];
    switch (answer.verdict) {
      case Verdict::claimed:
      case Verdict::takenOver:
        sorted.attempts.push_back({Claimed{.target = std::move(items[i].target),
                                           .ticket = answer.ticket,
                                           .attemptsBefore = answer.attempt,
                                           .takenOver = answer.verdict == Verdict::takenOver,
                                           .caps = std::move(items[i].caps)}});
        break;
      case Verdict::suspect:
        sorted.suspects.push_back(std::move(items[i]));
        break;
      default:
        concludeWithoutSending(items[i], answer);
    }
  }
  return sorted;
}

void Journey::concludeWithoutSending(const store::JobClaim::Item& item, const ClaimAnswer& answer) {
  const Target& target = item.target;
  switch (answer.verdict) {
    case Verdict::duplicate:
      world_.observer.duplicate(job_, target);
      break;
    case Verdict::followUp:
      publishAgain(target, answer);
      break;
    case Verdict::busy: {
      queue::JobHeaders headers = headersFor(target, headers_.attempt);
      headers.recheck = true;
      headers.replay = headers_.replay;
      followUps_.push_back(
          delayed(message_, std::move(headers), world_.now() + recheckAfter, recheckAfter));
      break;
    }
    case Verdict::poison: {
      safeFirst_ = true;
      const Disposition dead{.state = DeliveryState::dead,
                             .reason = std::string(toString(DeadReason::poison)),
                             .attempts = answer.attempt};
      announce(target, dead, {}, workersDied, Millis{0});
      follow(target, dead, {}, workersDied);
      break;
    }
    case Verdict::capped: {
      Disposition capped{.state = DeliveryState::skipped,
                         .reason = std::string(toString(SkipReason::capped)),
                         .attempts = answer.attempt};
      if (answer.freeAt) {
        capped.state = DeliveryState::deferred;
        capped.delay = std::max(Millis{0}, *answer.freeAt - answer.now);
      }
      announce(target, capped, {}, {}, Millis{0});
      follow(target, capped, {}, {});
      break;
    }
    default: {
      const Disposition skipped{
          .state = DeliveryState::skipped,
          .reason = item.skip ? std::string(toString(*item.skip)) : std::string(),
          .attempts = answer.attempt};
      announce(target, skipped, {}, {}, Millis{0});
    }
  }
}

// It was settled before a crash, and perhaps what follows was not published.
void Journey::publishAgain(const Target& target, const ClaimAnswer& answer) {
  const store::FollowUp& before = *answer.followUp;
  Disposition next{.state = before.state, .reason = before.reason, .attempts = answer.attempt};
  if (before.nextAttemptAt) next.delay = std::max(Millis{0}, *before.nextAttemptAt - answer.now);
  follow(target, next, before.provider, before.error);
}

Task<bool> Journey::settle(std::vector<Attempt>& attempts) {
  const std::vector<store::Settlement> rows = settlementsOf(job_, attempts);
  TIDINGS_CRASH_POINT("before-settle");
  const Result<store::TakenOver> settled = co_await world_.ports.settle(rows);
  TIDINGS_CRASH_POINT("settled");
  if (!settled.ok()) co_return comeBack("settle_failed", settled.error());
  for (size_t i = 0; i < rows.size(); ++i) {
    const store::Settlement& row = rows[i];
    if (std::find(settled->begin(), settled->end(), i) != settled->end()) {
      world_.observer.log().warn("taken_over", {{"id", job_.id}, {"channel", row.target.channel}});
      continue;
    }
    const Disposition& next = attempts[i].disposition;
    announce(row.target, next, row.provider, row.error, attempts[i].took);
    follow(row.target, next, row.provider, row.error);
  }
  co_return true;
}

}  // namespace tidings::delivery
