#include "amqp/link.h"

#include <algorithm>

#include "runtime/loop_sleep.h"

namespace tidings::amqp {
namespace {

// A connection that held for so long begins a new series of failures.
constexpr std::chrono::seconds steady{10};

}  // namespace

Millis reconnectPause(const Settings& settings, int failures, Random& random) {
  const Millis doubled = settings.reconnectFirst * (1 << std::min(failures, 16));
  const Millis capped = std::clamp(doubled, settings.reconnectFirst, settings.reconnectMax);
  return random.between(std::max(settings.reconnectFirst, capped * 3 / 4),
                        std::max(settings.reconnectFirst * 5 / 4, capped));
}

Task<Error> untilLost(Loop& loop, Connection& connection) {
  auto lost = std::make_shared<OneShot<Error>>(loop);
  connection.onLost = [lost](const Error& error) { lost->set(error); };
  if (!connection.alive()) lost->set({ErrorKind::transient, "lost at once"});
  co_return co_await lost->wait();
}

Link::Link(Loop& loop, Settings settings, Counters& counters, Serve serve, OnNotice onNotice)
    : loop_(loop),
      settings_(std::move(settings)),
      counters_(counters),
      serve_(std::move(serve)),
      onNotice_(std::move(onNotice)) {
  for (size_t i = settings_.endpoints.size(); i > 1; --i) {
    std::swap(settings_.endpoints[i - 1], settings_.endpoints[random_.bits() % i]);
  }
}

void Link::start() {
  if (std::exchange(started_, true) || stop_.stop_requested() || settings_.endpoints.empty())
    return;
  scope_.spawn(run(*this));
}

Task<void> Link::shutdown(Deadline deadline) {
  stop();
  // A copy: run() lets its own go as soon as serving has ended.
  const std::shared_ptr<Connection> connection = connection_;
  if (connection) co_await connection->close(deadline);
  co_await scope_.join();
}

Task<void> Link::run(Link& self) {
  for (size_t next = 0; !self.stop_.stop_requested(); ++next) {
    const Endpoint& endpoint = self.settings_.endpoints[next % self.settings_.endpoints.size()];
    co_await self.once(endpoint);
    if (self.stop_.stop_requested()) break;
    const Millis pause = self.pause();
    co_await sleepFor(self.loop_, pause, self.stop_.get_token());
  }
}

Task<void> Link::once(const Endpoint& endpoint) {
  const Deadline deadline = Deadline::after(loop_.clock(), settings_.connectTimeout);
  auto opened = co_await Connection::open(loop_, settings_, endpoint, counters_, deadline);
  if (!opened.ok()) {
    tell(NoticeKind::refused, opened.error().message);
    co_return;
  }
  connection_ = std::move(*opened);
  tell(NoticeKind::connected, endpoint.text());
  const MonoTime since = loop_.clock().mono();
  if (!stop_.stop_requested()) co_await serve_(*connection_);
  if (loop_.clock().mono() - since > steady) failures_ = 0;
  if (!stop_.stop_requested()) {
    tell(NoticeKind::lost, endpoint.text() + ": " + connection_->lostBy().message);
  }
  connection_.reset();
}

Millis Link::pause() { return reconnectPause(settings_, failures_++, random_); }

void Link::tell(NoticeKind kind, std::string text) {
  if (onNotice_) onNotice_({kind, std::move(text)});
}

}  // namespace tidings::amqp
