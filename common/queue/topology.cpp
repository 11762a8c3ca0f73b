#include "queue/topology.h"

#include "queue/declare.h"
#include "queue/ladder.h"

namespace tidings::queue {
namespace {

amqp::Table delayArguments(const Rung& rung, bool quorum) {
  amqp::Table table;
  const Millis ttl = rung.delay;
  table.emplace_back("x-message-ttl", int64_t{ttl.count()});
  table.emplace_back("x-dead-letter-exchange", std::string());
  if (quorum) {
    table.emplace_back("x-queue-type", std::string("quorum"));
    // The default strategy, at most once, loses what expires while the broker restarts; and
    // at-least-once works with this overflow only.
    table.emplace_back("x-dead-letter-strategy", std::string("at-least-once"));
    table.emplace_back("x-overflow", std::string("reject-publish"));
  }
  return table;
}

// Another worker may have declared it, in either form, at any moment: what exists is used.
Task<Status> declareTimer(Declarer& declarer, const Rung& rung) {
  Error last;
  for (const bool quorum : {true, false}) {
    const Result<bool> there = co_await declarer.exists(rung.exchange);
    if (!there.ok()) co_return there.error();
    if (*there) co_return done;
    amqp::QueueSpec spec{rung.exchange, false, delayArguments(rung, quorum)};
    const Result<amqp::Answer> declared = co_await declarer.queue(std::move(spec));
    if (declared.ok()) co_return done;
    last = declared.error();
  }
  const Result<bool> there = co_await declarer.exists(rung.exchange);
  if (there.ok() && *there) co_return done;
  co_return last;
}

Task<Status> declareRung(Declarer& declarer, const Rung& rung) {
  const Status timer = co_await declareTimer(declarer, rung);
  if (!timer.ok()) co_return timer;
  const Status exchange = co_await declarer.exchange(rung.exchange, "fanout");
  if (!exchange.ok()) co_return exchange;
  co_return co_await declarer.bind(rung.exchange, rung.exchange, "");
}

Task<Status> declareQueues(Declarer& declarer, std::vector<std::string> names) {
  for (std::string& name : names) {
    amqp::QueueSpec spec{std::move(name)};
    const Result<amqp::Answer> declared = co_await declarer.queue(std::move(spec));
    if (!declared.ok()) co_return declared.error();
  }
  co_return done;
}

struct Binding {
  std::string queue, exchange, key;
};

// The broker's own dead letters keep the routing key they came with: the queue's name, whether
// published to it directly or through the apps' exchange, or come back from a delay.
std::vector<Binding> bindingsOf(const std::string& type) {
  return {{typeQueue(type), std::string(appExchange), typeQueue(type)},
          {deadQueue(type), std::string(deadExchange), typeQueue(type)},
          {deadQueue(type), std::string(deadExchange), retryQueue(type)}};
}

std::vector<std::string> queuesOf(const std::string& type) {
  return {typeQueue(type), retryQueue(type), deadQueue(type)};
}

Task<Status> declareType(Declarer& declarer, const std::string& type) {
  const Status declared = co_await declareQueues(declarer, queuesOf(type));
  if (!declared.ok()) co_return declared;
  const std::vector<Binding> bindings = bindingsOf(type);
  for (const Binding& binding : bindings) {
    const Status bound = co_await declarer.bind(binding.queue, binding.exchange, binding.key);
    if (!bound.ok()) co_return bound;
  }
  co_return done;
}

Task<Status> declareAll(Declarer& declarer, const std::vector<std::string>& types) {
  for (const std::string_view name : {appExchange, deadExchange}) {
    const Status declared = co_await declarer.exchange(std::string(name), "topic");
    if (!declared.ok()) co_return declared;
  }
  for (const std::string& type : types) {
    const Status declared = co_await declareType(declarer, type);
    if (!declared.ok()) co_return declared;
  }
  for (const Rung& rung : rungs()) {
    const Status declared = co_await declareRung(declarer, rung);
    if (!declared.ok()) co_return declared;
  }
  co_return done;
}

}  // namespace

std::string typeQueue(std::string_view type) { return "notifications." + std::string(type); }
std::string retryQueue(std::string_view type) { return typeQueue(type) + ".retry"; }
std::string deadQueue(std::string_view type) { return typeQueue(type) + ".dead"; }

Task<Status> declareTopology(Loop& loop, const amqp::Settings& settings,
                             const std::vector<std::string>& types, Deadline deadline) {
  amqp::Counters counters;
  auto connection = co_await amqp::connectAny(loop, settings, counters, deadline);
  if (!connection.ok()) co_return connection.error();
  Declarer declarer(**connection);
  const TimerId limit = loop.after(deadline.remaining(loop.clock()), [&connection] {
    (*connection)->abandon({ErrorKind::uncertain, "declaring took too long"});
  });
  const Status declared = co_await declareAll(declarer, types);
  loop.cancel(limit);
  co_await (*connection)->close(deadline);
  co_return declared;
}

}  // namespace tidings::queue
