// What follows from the outcomes of a journey: told, and published until it is confirmed. The rest
// of a journey is in journey.cpp.
#include "base/crash_point.h"
#include "delivery/follow_up.h"
#include "delivery/journey.h"
#include "notification/fan_out.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"

namespace tidings::delivery {
namespace {

using notification::DeadReason;
using notification::DeliveryState;
using notification::Target;

constexpr Millis publishPatience{30'000};
constexpr Millis publishPause{1'000};
constexpr int subscribersPerChunk = 500;
// A thousand copies of a large body would not fit into memory.
constexpr size_t expandedAtOnce = notification::maxBodyBytes;

// What the app added to its message and nobody here reads: better without it than not at all.
void dropExtras(amqp::Properties& properties) {
  queue::dropForeignHeaders(properties.headers);
  for (std::string amqp::Properties::*extra :
       {&amqp::Properties::correlationId, &amqp::Properties::replyTo, &amqp::Properties::appId,
        &amqp::Properties::type}) {
    (properties.*extra).clear();
  }
}

}  // namespace

void Journey::announce(const Target& target, const Disposition& disposition,
                       std::string_view provider, std::string_view error, Millis took) {
  world_.observer.settled({job_, target, disposition, provider, error, took});
}

void Journey::follow(const Target& target, const Disposition& disposition,
                     std::string_view provider, std::string_view error) {
  if (disposition.delay) {
    const WallTime then = world_.now() + *disposition.delay;
    queue::JobHeaders headers = headersFor(target, disposition.attempts);
    if (waitsForItsTime(disposition)) headers.firstSeen = then;
    followUps_.push_back(delayed(message_, std::move(headers), then, *disposition.delay));
  } else if (disposition.state == DeliveryState::dead) {
    followUps_.push_back(deadLetter(message_, headersFor(target, disposition.attempts),
                                    {.reason = disposition.reason,
                                     .error = std::string(error),
                                     .channel = target.channel,
                                     .provider = std::string(provider),
                                     .at = world_.now(),
                                     .queue = {}}));
  }
}

void Journey::bury(DeadReason reason, std::string error) {
  const std::string_view name = toString(reason);
  world_.observer.buried(message_.type, job_.id, name, error);
  queue::JobHeaders headers = headers_;
  followUps_.push_back(deadLetter(message_, std::move(headers),
                                  {.reason = std::string(name),
                                   .error = std::move(error),
                                   .channel = {},
                                   .provider = {},
                                   .at = world_.now(),
                                   .queue = {}}));
}

queue::JobHeaders Journey::headersFor(const Target& target, int attempt) const {
  queue::JobHeaders headers;
  headers.attempt = attempt;
  headers.firstSeen = headers_.firstSeen;
  headers.owed = {target};
  return headers;
}

Task<bool> Journey::publishAll() {
  if (followUps_.empty()) co_return true;
  TIDINGS_CRASH_POINT_OF("before-publish", job_.id);
  bool allConfirmed = true;
  Scope scope;
  for (queue::Outgoing& message : followUps_)
    scope.spawn(publishOne(*this, std::move(message), allConfirmed));
  co_await scope.join();
  TIDINGS_CRASH_POINT("published");
  followUps_.clear();
  co_return allConfirmed;
}

// Until it is confirmed: a repeat is recognised by the claim, a loss is by nobody. One that can't
// be sent even without what the app added stays with the broker, unacked: it delivers it again
// after a reconnect or its own timeout, and a quorum queue gives it up at its delivery limit.
Task<void> Journey::publishOne(Journey& self, queue::Outgoing message, bool& allConfirmed) {
  World& world = self.world_;
  for (bool bare = false; !world.work.stop_requested();) {
    queue::Outgoing copy = message;
    const Status published = co_await world.ports.publish(
        std::move(copy), Deadline::after(world.loop.clock(), publishPatience));
    if (published.ok()) co_return;
    world.observer.log().warn("publish_failed", {{"queue", message.routingKey},
                                                 {"without_extras", bare},
                                                 {"error", published.error().message}});
    const ErrorKind kind = published.error().kind;
    if (kind == ErrorKind::cancelled || (kind == ErrorKind::permanent && bare)) break;
    if (kind == ErrorKind::permanent) {
      dropExtras(message.properties);
      bare = true;
    } else {
      co_await sleepFor(world.loop, publishPause, world.work);
    }
  }
  allConfirmed = false;
}

// What is wrong with the question stays wrong; a stop is no answer.
bool Journey::buryTopic(const Error& error) {
  if (error.kind != ErrorKind::invalid && error.kind != ErrorKind::permanent) return false;
  bury(DeadReason::permanent, "the topic's subscribers could not be read: " + error.message);
  return true;
}

// Each recipient's job becomes a message of its own. A topic goes in chunks, each followed by a
// message that carries the place reached: it is published when the chunk is confirmed, because a
// crash before then would leave two that both go through the rest. So a crash repeats at most a
// chunk, and the claims drop the repeats.
Task<bool> Journey::fanOut() {
  const notification::FanOut bodies(message_.body);
  std::vector<std::string> recipients = job_.recipients;
  std::optional<queue::JobHeaders> rest;
  if (!job_.topic.empty()) {
    auto page =
        co_await world_.ports.subscribers(job_.topic, headers_.topicAfter, subscribersPerChunk);
    if (!page.ok()) {
      co_return buryTopic(page.error()) || comeBack("subscribers_failed", page.error());
    }
    recipients = std::move(*page);
    if (recipients.size() == static_cast<size_t>(subscribersPerChunk)) {
      rest = headers_;
      rest->recheck = false;  // the next chunk is another's, not one that comes back
      rest->topicAfter = recipients.back();
    }
  }
  queue::JobHeaders headers;
  headers.firstSeen = headers_.firstSeen;
  headers.replay = headers_.replay;
  size_t bytes = 0;
  for (const std::string& recipient : recipients) {
    bytes +=
        followUps_.emplace_back(child(message_, headers, bodies.childFor(recipient))).body.size();
    if (bytes < expandedAtOnce) continue;
    const bool confirmed = co_await publishAll();
    TIDINGS_CRASH_POINT("fan-out-part-published");
    if (!confirmed) co_return false;
    bytes = 0;
  }
  if (!rest) co_return true;
  queue::Outgoing next = delayed(message_, std::move(*rest), world_.now(), Millis{0});
  stepAside();
  const bool confirmed = co_await publishAll();
  TIDINGS_CRASH_POINT("fan-out-chunk-published");
  followUps_.push_back(std::move(next));
  co_return confirmed;
}

}  // namespace tidings::delivery
