#include "queue/publisher.h"

#include <algorithm>
#include <cassert>
#include <deque>

#include "amqp/link.h"
#include "base/crash_point.h"
#include "queue/confirm_patience.h"
#include "queue/refusal.h"
#include "queue/send_window.h"
#include "runtime/loop_sleep.h"

namespace tidings::queue {
namespace {

constexpr size_t enoughUnsent = 256 << 10;
constexpr Millis missingEvery{5000};

// The broker would send copies to all that these headers name, by our rights: what an app asked for
// its own message is not asked again for those that follow from it.
void dropOtherRecipients(amqp::Table& headers) {
  std::erase_if(headers,
                [](const auto& header) { return header.first == "CC" || header.first == "BCC"; });
}

}  // namespace

struct Publisher::Impl final : amqp::ChannelListener {
  Impl(Loop& on, Options with)
      : loop(on),
        options(std::move(with)),
        patience(options.confirmTimeout),
        link(
            on, options.amqp, stats.wire,
            [this](amqp::Connection& opened) { return serve(*this, opened); }, options.onNotice) {}

  Task<Status> publish(Outgoing message, Deadline deadline) {
    if (closing) co_return Error{ErrorKind::cancelled, "the publisher is closing"};
    dropOtherRecipients(message.properties.headers);
    auto sending = std::make_shared<Sending>(loop, std::move(message));
    waiting.push_back(sending);
    pump();
    std::optional<Status> answer = co_await sending->shot.waitUntil(deadline);
    if (answer) co_return std::move(*answer);
    abandon(sending);
    if (sending->everSent) {
      co_return Error{ErrorKind::uncertain, "sent, but not confirmed by the broker in time"};
    }
    co_return Error{ErrorKind::timeout, "not sent to the broker in time"};
  }

  // What waits for a broker that is away or blocked would pile up, with each new try of its sender.
  void abandon(const SendingPtr& sending) {
    sending->abandoned = true;
    const auto place = std::find(waiting.begin(), waiting.end(), sending);
    if (place != waiting.end()) waiting.erase(place);
    noticeIdle();
  }

  bool roomFor(const Sending& next) const {
    if (window.count() == 0) return true;
    return window.count() < options.windowMessages &&
           window.bytes() + next.bytes() <= options.windowBytes;
  }

  // As much as the window, the broker and the socket take.
  void pump() {
    if (!channel || !ready || connection->blocked()) return;
    while (!waiting.empty() && connection->unsent() < enoughUnsent && roomFor(*waiting.front())) {
      const SendingPtr next = std::move(waiting.front());
      waiting.pop_front();
      if (!next->abandoned) send(next);
    }
    noticeIdle();
  }

  void send(const SendingPtr& next) {
    const Outgoing& message = next->message;
    if (!channel->publish(message.exchange, message.routingKey, message.properties, message.body)) {
      next->shot.set(
          Error{ErrorKind::permanent, "names or headers are larger than AMQP can carry"});
      return;
    }
    ++stats.published;
    if (next->everSent) ++stats.repeated;
    next->everSent = true;
    patience.sent(loop.clock().mono());
    window.sent(next);
  }

  void onConfirm(const amqp::Confirm& confirm) override {
    TIDINGS_CRASH_POINT("before-confirm");
    const size_t settled = window.confirm(confirm.tag, confirm.multiple, confirm.positive);
    if (confirm.positive) {
      stats.confirmed += settled;
      patience.confirmed(loop.clock().mono(), window.count() > 0);
    } else {
      if (stats.nacked == 0) tell(amqp::NoticeKind::nacked, "the broker refused a message");
      stats.nacked += settled;
    }
    pump();
  }

  void onReturned(amqp::Returned&& returned) override {
    ++stats.returned;
    noticeMissing();
    if (window.markReturned(returned)) return;
    // One of those in the window is not stored, and its confirm would say that it is.
    connection->abandon(
        {ErrorKind::transient, "the broker returned a message that is not known: " + returned.text +
                                   " (routing key '" + returned.routingKey + "')"});
  }

  void onClosed(const Error& error) override {
    ready = false;
    blame(error);
    if (error.kind == ErrorKind::transient && error.message.starts_with("NOT_FOUND"))
      noticeMissing();
    if (ended) ended->set(true);
  }

  // When only the channel was closed, one of its messages may be the reason.
  void blame(const Error& error) {
    std::deque<SendingPtr> left = window.takeAll();
    const bool channelOnly = connection != nullptr && connection->alive();
    std::erase_if(left, [&](const SendingPtr& sending) {
      std::optional<Error> refused = channelOnly ? refusedBy(error, *sending) : std::nullopt;
      if (refused) sending->shot.set(std::move(*refused));
      return refused.has_value();
    });
    waiting.insert(waiting.begin(), left.begin(), left.end());
  }

  void noticeMissing() {
    const MonoTime now = loop.clock().mono();
    if (!options.onMissing || (missingAt && now - *missingAt < missingEvery)) return;
    missingAt = now;
    loop.post(options.onMissing);
  }

  void watch() {
    watchdog = loop.after(untilNextSecond(loop.clock()), [this] { watch(); });
    if (!ready || connection->blocked()) return;
    const std::optional<Millis> waited = patience.exhausted(loop.clock().mono());
    if (!waited) return;
    connection->abandon({ErrorKind::transient,
                         "no positive confirm for " + std::to_string(waited->count()) + " ms"});
  }

  static Task<void> serve(Impl& self, amqp::Connection& to) {
    std::stop_source session;
    self.connection = &to;
    to.onLost = [session](const Error&) mutable { session.request_stop(); };
    to.onDrained = [&self] { self.pump(); };
    to.onBlocked = [&self](bool blocked, std::string_view why) { self.onBlocked(blocked, why); };
    self.watch();
    for (int failures = 0; to.alive(); ++failures) {
      const bool served = co_await serveChannel(self, to);
      if (served) failures = 0;
      const Millis pause = std::min(Millis{100} * (1 << std::min(failures, 5)), Millis{2000});
      if (to.alive()) co_await sleepFor(self.loop, pause, session.get_token());
    }
    self.loop.cancel(self.watchdog);
    self.connection = nullptr;
  }

  // Until the channel is closed; false when it could not be opened.
  static Task<bool> serveChannel(Impl& self, amqp::Connection& to) {
    auto over = std::make_shared<OneShot<bool>>(self.loop);
    self.ended = over;
    auto opened = co_await to.openChannel(self);
    if (!opened.ok()) co_return false;
    self.channel = std::move(*opened);
    self.channel->limitBodies(amqp::wholeBodies);  // what is returned is known by its body
    const Status confirming = co_await self.channel->selectConfirms();
    if (!confirming.ok()) co_return false;
    self.ready = self.channel->isOpen();
    self.patience.nothingSent();
    self.pump();
    co_await over->wait();
    co_return true;
  }

  void onBlocked(bool blocked, std::string_view why) {
    if (blocked) {
      tell(amqp::NoticeKind::blocked, std::string(why));
    } else {
      tell(amqp::NoticeKind::unblocked, "the broker takes messages again");
      patience.unblocked(loop.clock().mono());
      loop.post([this] { pump(); });
    }
  }

  void noticeIdle() {
    if (idle && window.count() == 0 && waiting.empty()) idle->set(true);
  }

  Task<void> close(Deadline deadline) {
    closing = true;
    if (window.count() > 0 || !waiting.empty()) {
      idle = std::make_shared<OneShot<bool>>(loop);
      const auto shot = idle;
      co_await shot->waitUntil(deadline);
    }
    const Deadline goodbye = Deadline::after(loop.clock(), Millis{2000});
    co_await link.shutdown(goodbye);
    giveUp();
    if (channel) channel->detach();
    closed = true;
  }

  // A broker that takes nothing would keep all of them until their own deadlines.
  void giveUp() {
    closing = true;
    std::deque<SendingPtr> left = window.takeAll();
    left.insert(left.end(), waiting.begin(), waiting.end());
    waiting.clear();
    patience.nothingSent();
    for (const SendingPtr& each : left) {
      const ErrorKind kind = each->everSent ? ErrorKind::uncertain : ErrorKind::cancelled;
      each->shot.set(Error{kind, "the publisher was closed"});
    }
    noticeIdle();
  }

  void tell(amqp::NoticeKind kind, std::string text) {
    if (options.onNotice) options.onNotice({kind, std::move(text)});
  }

  Loop& loop;
  Options options;
  Stats stats;
  ConfirmPatience patience;
  amqp::Link link;
  amqp::Connection* connection = nullptr;
  std::shared_ptr<amqp::Channel> channel;
  bool ready = false;  // the channel confirms
  std::shared_ptr<OneShot<bool>> ended, idle;
  std::deque<SendingPtr> waiting;
  SendWindow window;
  std::optional<MonoTime> missingAt;
  TimerId watchdog = 0;
  bool started = false, closing = false, closed = false;
  std::optional<std::stop_callback<std::function<void()>>> onStop;
};

Publisher::Publisher(Loop& loop, Options options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
Publisher::~Publisher() { assert(impl_->closed || !impl_->started); }

void Publisher::start() {
  impl_->started = true;
  impl_->link.start();
  impl_->onStop.emplace(impl_->options.stop, [impl = impl_.get()] { impl->giveUp(); });
}

Task<Status> Publisher::publish(Outgoing message, Deadline deadline) {
  return impl_->publish(std::move(message), deadline);
}

Task<void> Publisher::close(Deadline deadline) { return impl_->close(deadline); }

bool Publisher::connected() const { return impl_->ready; }

Publisher::Stats Publisher::stats() const {
  Stats stats = impl_->stats;
  stats.waiting = impl_->waiting.size();
  stats.unconfirmed = impl_->window.count();
  stats.blocked = impl_->connection != nullptr && impl_->connection->blocked();
  return stats;
}

}  // namespace tidings::queue
