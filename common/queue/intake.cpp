#include "queue/intake.h"

#include <algorithm>
#include <cassert>

#include "amqp/link.h"
#include "queue/consumer.h"
#include "queue/depth_watch.h"
#include "queue/topology.h"
#include "runtime/scope.h"

namespace tidings::queue {

struct Intake::Impl {
  Impl(Loop& on, Options options, std::function<void(Incoming&&)> onMessage)
      : loop(on),
        shared{on, std::move(options), std::move(onMessage), {}, 0, [this] { balance(); }, {}},
        link(
            on, shared.options.amqp, shared.stats.wire,
            [this](amqp::Connection& opened) { return serve(*this, opened); },
            shared.options.onNotice) {
    const auto& sources = shared.options.sources;
    for (size_t i = 0; i < sources.size(); ++i) {
      consumers.push_back(std::make_unique<Consumer>(shared, sources[i], i, sources.size()));
    }
    turnEnd = loop.onTurnEnd([this] { flush(); });
  }
  ~Impl() { loop.removeTurnEnd(turnEnd); }

  static Task<void> serve(Impl& self, amqp::Connection& connection) {
    std::stop_source session;
    self.session = session;
    if (self.stopping) session.request_stop();
    for (const auto& consumer : self.consumers) {
      self.work.spawn(Consumer::run(*consumer, connection, session.get_token()));
    }
    const auto& sources = self.shared.options.sources;
    self.work.spawn(
        watchDepth(self.loop, connection, sources, self.shared.stats, session.get_token()));
    co_await amqp::untilLost(self.loop, connection);
    session.request_stop();
    co_await self.work.join();
  }

  // Epochs are dealt out so that each names its consumer.
  Consumer& consumerOf(AckTicket ticket) { return *consumers[ticket.epoch % consumers.size()]; }

  void flush() {
    for (const auto& consumer : consumers) consumer->flush();
  }

  // Bodies beyond the ordinary are bounded by not reading on until some are finished.
  void balance() {
    if (const auto& connection = link.connection()) {
      connection->pauseReading(!stopping && shared.largeHeld > shared.options.largeBodies);
    }
  }

  void stop() {
    if (std::exchange(stopping, true)) return;
    link.stop();
    balance();
    for (const auto& consumer : consumers) stops.spawn(consumer->cancel());
    session.request_stop();
  }

  Task<void> close(Deadline deadline) {
    stop();
    const std::shared_ptr<amqp::Connection> connection = link.connection();
    TimerId limit = 0;
    if (connection) {
      limit = loop.after(deadline.remaining(loop.clock()), [connection] {
        connection->abandon({ErrorKind::cancelled, "closing took too long"});
      });
    }
    co_await stops.join();
    for (const auto& consumer : consumers) co_await consumer->close();
    co_await link.shutdown(deadline);
    loop.cancel(limit);
    closed = true;
  }

  Loop& loop;
  Consumer::Shared shared;
  amqp::Link link;
  std::vector<std::unique_ptr<Consumer>> consumers;
  uint64_t turnEnd = 0;
  std::stop_source session{std::nostopstate};
  bool started = false, stopping = false, closed = false;
  Scope work, stops;
};

std::vector<Intake::Source> Intake::sourcesFor(const std::vector<std::string>& types, int prefetch,
                                               int retryPrefetch) {
  constexpr int fewest = 5;
  const int count = std::max<int>(1, static_cast<int>(types.size()));
  std::vector<Source> sources;
  for (const std::string& type : types) {
    sources.push_back({typeQueue(type), type, Lane::fresh, std::max(fewest, prefetch / count)});
    sources.push_back(
        {retryQueue(type), type, Lane::retry, std::max(fewest, retryPrefetch / count)});
  }
  return sources;
}

Intake::Intake(Loop& loop, Options options, std::function<void(Incoming&&)> onMessage)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(onMessage))) {}
Intake::~Intake() { assert(impl_->closed || !impl_->started); }

void Intake::start() {
  impl_->started = true;
  impl_->link.start();
}
void Intake::stop() { impl_->stop(); }

void Intake::ack(AckTicket ticket) { impl_->consumerOf(ticket).finish(ticket, false); }
void Intake::requeue(AckTicket ticket) { impl_->consumerOf(ticket).finish(ticket, true); }

Task<void> Intake::close(Deadline deadline) { return impl_->close(deadline); }

bool Intake::connected() const {
  return std::all_of(impl_->consumers.begin(), impl_->consumers.end(),
                     [](const auto& consumer) { return consumer->consuming(); });
}

Intake::Stats Intake::stats() const {
  Stats stats = impl_->shared.stats;
  for (const auto& consumer : impl_->consumers) {
    stats.unacked += consumer->unacked();
    stats.consuming += consumer->consuming() ? 1 : 0;
  }
  return stats;
}

}  // namespace tidings::queue
