// What a worker asks of RabbitMQ and PostgreSQL beside the messages.
#include "process.h"
#include "queue/topology.h"
#include "store/admin.h"
#include "store/migrations.h"
#include "store/partitions.h"

namespace tidings::worker {
namespace {

constexpr Millis startPatience{60'000};  // how long servers may take to appear at our start
constexpr Millis askAgain{1'000};
constexpr Millis queryTimeout{10'000};

}  // namespace

// Servers that come up later than we do are waited for, those that refuse us are not.
Task<int> Worker::prepareServers() {
  const Deadline deadline = Deadline::after(loop_.clock(), startPatience);
  const std::stop_callback onStop(stops_.intake(), [this] { housekeeping_->stop(); });
  Status ready = co_await prepareDatabase(deadline);
  if (ready.ok()) ready = co_await declareObjects(deadline);
  if (ready.ok() || stops_.intake().stop_requested()) co_return exitOk;
  log_.error("start_failed", {{"error", ready.error().message}});
  if (ready.error().kind == ErrorKind::invalid) co_return exitConfiguration;
  co_return isRetryable(ready.error().kind) ? exitUnreachable : exitFailed;
}

Task<Status> Worker::prepareDatabase(Deadline deadline) {
  while (true) {
    Status ready = co_await askDatabase(deadline);
    if (ready.ok()) co_return ready;
    ready.error().message = "PostgreSQL: " + ready.error().message;
    const ErrorKind kind = ready.error().kind;
    const bool again = isRetryable(kind) || kind == ErrorKind::uncertain;
    if (!again || deadline.passed(loop_.clock())) co_return ready;
    log_.warn("waiting_for_database", {{"error", ready.error().message}});
    const bool goOn = co_await sleepFor(loop_, askAgain, stops_.intake());
    if (!goOn) co_return ready;
  }
}

Task<Status> Worker::askDatabase(Deadline deadline) {
  auto number = co_await store::schemaNumber(*housekeeping_, deadline);
  if (!number.ok()) co_return std::move(number).error();
  const int newest = store::migrations().back().number;
  if (*number < newest) {
    co_return Error{ErrorKind::permanent, "the schema is at number " + std::to_string(*number) +
                                              ", expected " + std::to_string(newest) +
                                              ": run `tidings setup`"};
  }
  auto kept = co_await store::maintainPartitions(*housekeeping_, config_.retention, deadline);
  if (!kept.ok()) co_return std::move(kept).error();
  co_return done;
}

Task<Status> Worker::declareObjects(Deadline deadline) {
  while (true) {
    const Deadline once = Deadline::after(loop_.clock(), queryTimeout).earlier(deadline);
    Status declared =
        co_await queue::declareTopology(loop_, broker_, typeNames(config_, options_), once);
    if (declared.ok()) co_return declared;
    declared.error().message = "RabbitMQ: " + declared.error().message;
    if (!isRetryable(declared.error().kind) || deadline.passed(loop_.clock())) co_return declared;
    log_.warn("waiting_for_broker", {{"error", declared.error().message}});
    const bool goOn = co_await sleepFor(loop_, askAgain, stops_.intake());
    if (!goOn) co_return declared;
  }
}

Task<void> Worker::redeclare(Worker& self) {
  const Status declared = co_await queue::declareTopology(
      self.loop_, self.broker_, typeNames(self.config_, self.options_),
      Deadline::after(self.loop_.clock(), queryTimeout));
  if (!declared.ok()) self.log_.error("declare_failed", {{"error", declared.error().message}});
}

Task<Result<std::vector<std::string>>> Worker::subscribersOf(std::string topic, std::string after,
                                                             int limit) {
  store::Admin admin(*housekeeping_);
  while (true) {
    auto page = co_await admin.subscribers(topic, after, limit,
                                           Deadline::after(loop_.clock(), queryTimeout));
    if (page.ok() || stops_.work().stop_requested()) co_return page;
    log_.warn("subscribers_failed", {{"error", page.error().message}});
    const ErrorKind kind = page.error().kind;
    if (kind == ErrorKind::invalid || kind == ErrorKind::permanent) co_return page;
    co_await sleepFor(loop_, askAgain, stops_.work());
  }
}

}  // namespace tidings::worker
