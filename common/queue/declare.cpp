#include "queue/declare.h"

namespace tidings::queue {

Declarer::~Declarer() {
  if (channel_) channel_->detach();
}

Task<Status> Declarer::open() {
  if (channel_ && channel_->isOpen()) co_return done;
  auto opened = co_await connection_.openChannel(*this);
  if (!opened.ok()) co_return opened.error();
  channel_ = std::move(*opened);
  co_return done;
}

Task<Status> Declarer::exchange(std::string name, std::string type) {
  const Status opened = co_await open();
  if (!opened.ok()) co_return opened;
  co_return co_await channel_->declareExchange(std::move(name), std::move(type));
}

Task<Result<amqp::Answer>> Declarer::queue(amqp::QueueSpec spec) {
  const Status opened = co_await open();
  if (!opened.ok()) co_return opened.error();
  co_return co_await channel_->declareQueue(std::move(spec));
}

Task<Status> Declarer::bind(std::string queue, std::string exchange, std::string key) {
  const Status opened = co_await open();
  if (!opened.ok()) co_return opened;
  co_return co_await channel_->bindQueue(std::move(queue), std::move(exchange), std::move(key));
}

Task<Result<bool>> Declarer::exists(std::string name) {
  amqp::QueueSpec spec{std::move(name), true};
  const Result<amqp::Answer> answer = co_await queue(std::move(spec));
  if (answer.ok()) co_return true;
  // The broker closed the channel, not the connection: it answered "no".
  if (connection_.alive() && answer.error().kind == ErrorKind::transient) co_return false;
  co_return answer.error();
}

Task<Status> Declarer::ensure(std::string name) {
  const Result<bool> there = co_await exists(name);
  if (!there.ok()) co_return there.error();
  if (*there) co_return done;
  amqp::QueueSpec spec{std::move(name)};
  const Result<amqp::Answer> declared = co_await queue(std::move(spec));
  if (!declared.ok()) co_return declared.error();
  co_return done;
}

Task<void> Declarer::close() {
  if (!channel_ || !channel_->isOpen()) co_return;
  const Status ignored = co_await channel_->close();
}

}  // namespace tidings::queue
