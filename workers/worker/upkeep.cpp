// What a worker does for the database beside the messages: partitions of the log, and what is left
// over.
#include "process.h"
#include "store/leftovers.h"
#include "store/partitions.h"

namespace tidings::worker {
namespace {

constexpr Millis day = std::chrono::hours{24};
constexpr Millis afterFailure = std::chrono::minutes{20};
constexpr Millis partitionsTimeout{60'000};
constexpr Millis sweepTimeout{10'000};  // each of its statements

// Not the housekeeping's: topics are read there, and what waits behind a statement that is out for
// long ends the session, and the statement with it, when it is late.
pg::ConnectionOptions ownSession(const config::Config& config) {
  return {.url = config.postgres.url, .purpose = "maintenance"};
}

}  // namespace

// The partitions were seen to before the start.
Task<void> Worker::keepUp(Worker& self) {
  bool partitions = false;
  while (true) {
    const Status kept = co_await self.keepUpOnce(partitions);
    const bool goOn =
        co_await sleepFor(self.loop_, kept.ok() ? day : afterFailure, self.stops_.intake());
    if (!goOn) co_return;
    partitions = true;
  }
}

Task<Status> Worker::keepUpOnce(bool partitions) {
  pg::Connection session(loop_, ownSession(config_));
  session.start();
  const std::stop_callback onStop(stops_.intake(), [&session] { session.stop(); });
  Status kept = done;
  if (partitions) kept = co_await keepPartitions(session);
  const Status swept =
      co_await store::sweepLeftovers(session, loop_.clock(), config_.retention, sweepTimeout);
  co_await session.close();
  if (!swept.ok() && !stops_.intake().stop_requested()) {
    log_.error("sweep_failed", {{"error", swept.error().message}});
  }
  co_return kept.ok() ? swept : kept;
}

Task<Status> Worker::keepPartitions(pg::Connection& session) {
  const auto kept = co_await store::maintainPartitions(
      session, config_.retention, Deadline::after(loop_.clock(), partitionsTimeout));
  if (kept.ok()) {
    log_.info("partitions", {{"made", kept->made}, {"dropped", kept->dropped}});
    co_return done;
  }
  if (!stops_.intake().stop_requested()) {
    log_.error("partitions_failed", {{"error", kept.error().message}});
  }
  co_return kept.error();
}

}  // namespace tidings::worker
