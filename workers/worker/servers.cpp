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
constexpr Millis day = std::chrono::hours{24};

}  // namespace

// Servers that come up later than we do are waited for, those that refuse us are not.
Task<int> Worker::prepareServers() {
  const Deadline deadline = Deadline::after(loop_.clock(), startPatience);
  Status ready = co_await prepareDatabase(deadline);
  if (ready.ok()) ready = co_await declareObjects(deadline);
  if (ready.ok() || stops_.intake().stop_requested()) co_return exitOk;
  log_.error("start_failed", {{"error", ready.error().message}});
  if (ready.error().kind == ErrorKind::invalid) co_return exitConfiguration;
  co_return isRetryable(ready.error().kind) ? exitUnreachable : exitFailed;
}

Task<Status> Worker::prepareDatabase(Deadline deadline) {
  auto number = co_await store::schemaNumber(*housekeeping_, deadline);
  if (!number.ok()) co_return Error{number.error().kind, "PostgreSQL: " + number.error().message};
  const int newest = store::migrations().back().number;
  if (*number < newest) {
    co_return Error{ErrorKind::permanent, "PostgreSQL: the schema is at number " +
                                              std::to_string(*number) + ", expected " +
                                              std::to_string(newest) + ": run `tidings setup`"};
  }
  auto kept = co_await store::maintainPartitions(*housekeeping_, config_.retention, deadline);
  if (!kept.ok()) co_return Error{kept.error().kind, "PostgreSQL: " + kept.error().message};
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

Task<void> Worker::keepPartitions(Worker& self) {
  while (true) {
    const bool goOn = co_await sleepFor(self.loop_, day, self.stops_.intake());
    if (!goOn) co_return;
    auto kept =
        co_await store::maintainPartitions(*self.housekeeping_, self.config_.retention,
                                           Deadline::after(self.loop_.clock(), 6 * queryTimeout));
    if (kept.ok()) {
      self.log_.info("partitions", {{"made", kept->made}, {"dropped", kept->dropped}});
    } else {
      self.log_.error("partitions_failed", {{"error", kept.error().message}});
    }
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
    co_await sleepFor(loop_, askAgain, stops_.work());
  }
}

}  // namespace tidings::worker
