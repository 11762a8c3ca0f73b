#include "queue/consumer.h"

#include <algorithm>

#include "queue/declare.h"
#include "queue/headers.h"
#include "runtime/loop_sleep.h"

namespace tidings::queue {
namespace {

// Before the queue is looked for again. While a cluster elects or a queue is missing there is no
// hurry, but messages must flow again soon after.
Millis retryPause(int failures, Random& random) {
  const Millis most = std::min(Millis{250} * (1 << std::min(failures, 5)), Millis{4000});
  return random.between(most / 2, most);
}

constexpr Millis lookForRoom{100};

}  // namespace

bool Consumer::Shared::roomForMore() const {
  if (!options.underWay) return true;
  size_t prefetch = 0;
  for (const auto& source : options.sources) prefetch += static_cast<size_t>(source.prefetch);
  return options.underWay() <= prefetch;
}

Consumer::Consumer(Shared& shared, Intake::Source source, uint64_t slot, uint64_t slots)
    : shared_(shared), source_(std::move(source)), slots_(slots), epoch_(slot) {}

Consumer::~Consumer() {
  if (channel_) channel_->detach();
}

Task<void> Consumer::run(Consumer& self, amqp::Connection& connection, std::stop_token session) {
  for (int failures = 0; connection.alive() && !session.stop_requested(); ++failures) {
    const bool room = co_await self.untilRoom(session);
    if (!room) break;
    self.ended_ = std::make_shared<OneShot<End>>(self.shared_.loop);
    const Status attached = co_await self.attach(connection);
    const auto ended = self.ended_;
    if (attached.ok()) {
      failures = 0;
      if (self.stopping_) {  // stop() came too early to cancel it
        const Status ignored = co_await self.channel_->cancel(self.tag());
        break;
      }
      self.consuming_ = !ended->isSet();
      const std::stop_callback onStop(session, [&ended] { ended->set(End::stopped); });
      const End end = co_await ended->wait();
      self.consuming_ = false;
      if (end == End::stopped) break;
    } else if (connection.alive()) {
      self.tell(attached.error().message);
    }
    const Millis pause = retryPause(failures, self.shared_.random);
    co_await sleepFor(self.shared_.loop, pause, session);
  }
}

// False when the session ended first.
Task<bool> Consumer::untilRoom(std::stop_token session) {
  while (!shared_.roomForMore()) {
    const bool goOn = co_await sleepFor(shared_.loop, lookForRoom, session);
    if (!goOn) co_return false;
  }
  co_return true;
}

Task<Status> Consumer::attach(amqp::Connection& connection) {
  Declarer declarer(connection);
  const Status there = co_await declarer.ensure(source_.queue);
  co_await declarer.close();
  if (!there.ok()) co_return there;
  if (!channel_ || !channel_->isOpen()) {
    auto opened = co_await connection.openChannel(*this);
    if (!opened.ok()) co_return opened.error();
    channel_ = std::move(*opened);
    // What has ended is the one before; to consume twice on this one would end the connection.
    ended_ = std::make_shared<OneShot<End>>(shared_.loop);
    channel_->limitBodies({shared_.options.keepBody, shared_.options.cutTo});
    epoch_ += slots_;
    const auto prefetch = static_cast<uint16_t>(std::clamp(source_.prefetch, 1, 65'535));
    const Status limited = co_await channel_->prefetch(prefetch);
    if (!limited.ok()) co_return limited;
  }
  if (stopping_) co_return Error{ErrorKind::cancelled, "stopping"};
  co_return co_await channel_->consume(source_.queue, tag());
}

Task<void> Consumer::cancel() {
  stopping_ = true;
  if (!consuming_ || !channel_ || !channel_->isOpen()) co_return;
  const Status ignored = co_await channel_->cancel(tag());
}

Task<void> Consumer::close() {
  if (!channel_ || !channel_->isOpen()) co_return;
  flush();
  const Status ignored = co_await channel_->close();
}

void Consumer::onDelivery(amqp::Delivery&& delivery) {
  window_.delivered(delivery.tag);
  ++shared_.stats.deliveries;
  if (delivery.redelivered) ++shared_.stats.redeliveries;
  shared_.stats.lastDeliveryAt = shared_.loop.clock().mono();
  const AckTicket ticket{epoch_, delivery.tag};
  if (stopping_) return finish(ticket, true);
  if (delivery.body.size() > shared_.options.smallBody) {
    large_.emplace(delivery.tag, delivery.body.size());
    shared_.largeHeld += delivery.body.size();
    shared_.onLargeHeld();
  }
  const int earlier = deliveryCount(delivery.properties.headers);
  shared_.onMessage({.body = std::move(delivery.body),
                     .properties = std::move(delivery.properties),
                     .queue = source_.queue,
                     .type = source_.type,
                     .lane = source_.lane,
                     .redelivered = delivery.redelivered,
                     .deliveryCount = earlier,
                     .truncated = delivery.truncated,
                     .bodySize = delivery.bodySize,
                     .ticket = ticket});
}

void Consumer::onConsumerCancelled() {
  tell("the broker cancelled the consumer (queue deleted or moved)");
  if (ended_) ended_->set(End::cancelled);
}

void Consumer::onClosed(const Error& error) {
  window_ = AckWindow{};  // the broker delivers them again; tickets of this epoch are stale now
  epoch_ += slots_;
  for (const auto& [tag, bytes] : std::exchange(large_, {})) shared_.largeHeld -= bytes;
  shared_.onLargeHeld();
  if (consuming_ && !stopping_) tell(error.message);
  if (ended_) ended_->set(End::closed);
}

void Consumer::finish(AckTicket ticket, bool requeue) {
  if (ticket.epoch != epoch_ || !window_.finish(ticket.tag, requeue)) {
    ++shared_.stats.stale;
    return;
  }
  ++(requeue ? shared_.stats.requeued : shared_.stats.acked);
  if (!large_.empty()) release(ticket.tag);
}

void Consumer::release(uint64_t tag) {
  const auto found = large_.find(tag);
  if (found == large_.end()) return;
  shared_.largeHeld -= found->second;
  large_.erase(found);
  shared_.onLargeHeld();
}

void Consumer::flush() {
  if (!window_.hasNews() || !channel_) return;
  for (const AckFrame& frame : window_.take()) {
    ++shared_.stats.ackFrames;
    if (frame.requeue) {
      channel_->nack(frame.tag, true);
    } else {
      channel_->ack(frame.tag, frame.multiple);
    }
  }
}

void Consumer::tell(std::string text) {
  if (!shared_.options.onNotice) return;
  shared_.options.onNotice(
      {amqp::NoticeKind::consumerLost, source_.queue + ": " + std::move(text)});
}

}  // namespace tidings::queue
