#include "queue/dead_letters.h"

#include <algorithm>
#include <cassert>
#include <deque>

#include "amqp/connection.h"

namespace tidings::queue {
namespace {

constexpr int wornOutAt = 10;
constexpr size_t firstCredit = 16;  // until the size of the bodies is known
constexpr Millis quiet{300};        // no delivery for so long: ask whether any is left

}  // namespace

bool wearsOut(const DeadLetter& letter) { return letter.deliveryCount >= wornOutAt; }

struct DeadLetters::Impl final : amqp::ChannelListener {
  Impl(Loop& on, Options with) : loop(on), options(std::move(with)) {}

  // Lives while a question is out: its answer comes behind letters that are under way already, so
  // they are read however many wait here.
  class Asking {
   public:
    explicit Asking(Impl& by) : by_(by) {
      ++by_.asking;
      by_.connection->pauseReading(false);
    }
    ~Asking() {
      --by_.asking;
      by_.pauseWhenFull();
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

   private:
    Impl& by_;
  };

  void pauseWhenFull() {
    if (asking == 0 && readyBytes > options.aheadBytes) connection->pauseReading(true);
  }

  void onDelivery(amqp::Delivery&& delivery) override {
    if (closing) return;  // it goes back
    ++unacked;
    ++received;
    receivedBytes += delivery.body.size();
    readyBytes += delivery.body.size();
    ready.push_back(std::move(delivery));
    pauseWhenFull();
    wake();
  }
  void onConsumerCancelled() override {
    lose({ErrorKind::transient, "the broker cancelled the reading of " + options.queue});
  }
  void onClosed(const Error& error) override { lose(error); }

  void lose(const Error& error) {
    // Whatever it was, the letters are back in their queue: reading again makes sense.
    if (!lost) lost = Error{ErrorKind::transient, error.message};
    wake();
  }
  void wake() {
    if (arrival) arrival->set(true);
  }

  size_t wantedAhead(uint64_t most) const {
    size_t wanted = firstCredit;
    if (received >= firstCredit) {
      const size_t average = static_cast<size_t>(receivedBytes / received) + 1;
      wanted = std::clamp<size_t>(options.aheadBytes / average, 2, options.ahead);
    }
    return static_cast<size_t>(std::min<uint64_t>(wanted, most));
  }

  Task<Status> addConsumer(size_t credit) {
    const Asking question(*this);
    const auto count = static_cast<uint16_t>(std::min<size_t>(credit, 65'535));
    Status limited = co_await channel->prefetch(count);
    if (!limited.ok()) co_return limited.error();
    given += count;
    std::string tag = "tidings-" + std::to_string(++consumers);
    co_return co_await channel->consume(options.queue, std::move(tag));
  }

  Task<bool> awaitArrival(Deadline deadline) {
    arrival = std::make_shared<OneShot<bool>>(loop);
    const auto waiting = arrival;
    const auto came = co_await waiting->waitUntil(deadline);
    arrival.reset();
    co_return came.has_value();
  }

  // A quorum queue's client in the broker holds acks back while earlier ones are on their way to
  // the log, and forgets them when its channel closes: the letters would come back. Adding a
  // consumer goes through the same log and is answered when it is applied; so, after the first one
  // the held acks are sent, and after the second they are applied.
  Task<Status> settleAcks() {
    for (int i = 0; i < 2; ++i) {
      Status added = co_await addConsumer(1);
      if (!added.ok()) co_return added.error();
    }
    co_return done;
  }

  // How many wait in the queue, not counting those that were sent to somebody.
  Task<Result<uint64_t>> count() {
    const Asking question(*this);
    amqp::QueueSpec spec;
    spec.name = options.queue;
    spec.passive = true;
    const auto answer = co_await channel->declareQueue(std::move(spec));
    if (answer.ok()) co_return uint64_t{answer->messages};
    if (!connection->alive() || !answer.error().message.starts_with("NOT_FOUND")) {
      co_return answer.error();
    }
    co_return Error{ErrorKind::invalid,
                    "there is no queue " + options.queue + " (" + answer.error().message + ")"};
  }

  DeadLetter take() {
    amqp::Delivery delivery = std::move(ready.front());
    ready.pop_front();
    readyBytes -= delivery.body.size();
    if (ready.empty()) connection->pauseReading(false);
    DeadLetter letter;
    letter.headers = readHeaders(delivery.properties.headers);
    letter.deliveryCount = deliveryCount(delivery.properties.headers);
    letter.body = std::move(delivery.body);
    letter.properties = std::move(delivery.properties);
    letter.tag = delivery.tag;
    return letter;
  }

  Loop& loop;
  const Options options;
  amqp::Counters counters;
  std::unique_ptr<amqp::Connection> connection;
  std::shared_ptr<amqp::Channel> channel;
  std::deque<amqp::Delivery> ready;
  size_t readyBytes = 0;
  uint64_t given = 0;    // the sum of all consumers' prefetch
  uint64_t unacked = 0;  // delivered, handed over or not
  uint64_t received = 0, receivedBytes = 0;
  int consumers = 0;
  int asking = 0;  // questions that are out
  bool acked = false, closing = false;
  std::shared_ptr<OneShot<bool>> arrival;
  std::optional<Error> lost;
};

DeadLetters::DeadLetters(Loop& loop, Options options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
DeadLetters::~DeadLetters() { assert(!impl_->connection && "co_await close() first"); }

Task<Result<uint64_t>> DeadLetters::open(Deadline deadline) {
  Impl& self = *impl_;
  auto connected = co_await amqp::connectAny(self.loop, self.options.amqp, self.counters, deadline);
  if (!connected.ok()) co_return connected.error();
  self.connection = std::move(*connected);
  auto channel = co_await self.connection->openChannel(self);
  if (!channel.ok()) co_return channel.error();
  self.channel = std::move(*channel);
  self.channel->limitBodies(amqp::wholeBodies);
  co_return co_await self.count();
}

Task<Result<std::optional<DeadLetter>>> DeadLetters::next(uint64_t most, Deadline deadline) {
  Impl& self = *impl_;
  for (int empty = 0; most > 0 && empty < 2;) {
    if (!self.ready.empty()) co_return std::optional<DeadLetter>(self.take());
    if (self.lost) co_return *self.lost;
    if (deadline.passed(self.loop.clock())) {
      co_return Error{ErrorKind::timeout, "no answer from the queue " + self.options.queue};
    }
    const size_t wanted = self.wantedAhead(most);
    if ((self.given - self.unacked) * 2 < wanted) {
      const Status added = co_await self.addConsumer(wanted);
      if (!added.ok()) co_return added.error();
    }
    if (!self.ready.empty()) continue;
    const Deadline soon = Deadline::after(self.loop.clock(), quiet).earlier(deadline);
    const bool came = co_await self.awaitArrival(soon);
    if (came) continue;
    const auto left = co_await self.count();
    if (!left.ok()) co_return left.error();
    // Twice, because what was just sent to us may still be under way.
    empty = *left == 0 && self.ready.empty() ? empty + 1 : 0;
  }
  co_return std::optional<DeadLetter>();
}

bool DeadLetters::ack(uint64_t tag) {
  if (impl_->lost || !impl_->channel || !impl_->channel->isOpen()) return false;
  --impl_->unacked;
  impl_->acked = true;
  impl_->channel->ack(tag, false);
  return true;
}

Task<Status> DeadLetters::close(Deadline deadline) {
  Impl& self = *impl_;
  Status closed = done;
  if (self.connection && self.channel && self.channel->isOpen()) {
    self.closing = true;
    self.ready.clear();
    self.readyBytes = 0;
    self.connection->pauseReading(false);
    if (self.acked) closed = co_await self.settleAcks();
    const Status goodbye = co_await self.channel->close();
    if (closed.ok()) closed = goodbye;
  } else if (self.lost) {
    closed = *self.lost;
  }
  if (self.channel) self.channel->detach();
  self.channel.reset();
  if (self.connection) co_await self.connection->close(deadline);
  self.connection.reset();
  co_return closed;
}

}  // namespace tidings::queue
