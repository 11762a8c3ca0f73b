// Claims and settlements of deliveries, in batches: one round trip and one commit per batch,
// claims on one session and settlements on another so that their commits overlap.
//
// While the database is away a batch is tried again for ever; it recognises itself when it was
// committed and only the answer was lost. What waits ends with `cancelled` when `stop` is requested
// (within a second or so). The only other error is `invalid`, and it concerns exactly the job it is
// given to: it holds what the database cannot.
//
// Loop thread only. start() once; co_await close() before it dies.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/loop.h"
#include "runtime/task.h"
#include "store/begun.h"
#include "store/instance.h"
#include "store/job_claim.h"
#include "store/settlement.h"
#include "store/tries.h"

namespace tidings::store {

struct ClaimsOptions {
  std::string url;
  InstanceId instance;
  std::stop_token stop = {};
  Millis retention{std::chrono::hours{7 * 24}};  // how far back duplicates are recognised
  // Per batch. A claim holds a lock for each recipient of its batch, and the server's table of
  // locks has 64 places a connection as shipped: this is just under the share of a worker's four.
  size_t maxJobs = 240;
  Millis queryTimeout{10'000};
  // After a start of the server, owners count as alive for so long: they are reconnecting.
  Millis restartGrace{10'000};
  // The same after our own session was lost, because all may have been (a failover). As long as an
  // owner may take to come back: a pause, an attempt to connect that hangs, and another pause.
  Millis reconnectGrace{10'000};
  // Told when a batch has to be tried again, and when a session comes or goes.
  std::function<void(std::string_view what)> onTrouble = {};
};

class Claims {
 public:
  struct Stats {
    uint64_t claimBatches = 0, claimJobs = 0, settleBatches = 0, settlements = 0;
    uint64_t roundTrips = 0, sessions = 0, failures = 0;  // of both sessions
    uint64_t batchRetries = 0;
  };

  Claims(Loop& loop, ClaimsOptions options);
  ~Claims();
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  void start();
  bool connected() const;  // both sessions
  // Both: what is given must live until the task ends.
  // One answer per item, in order. A job without items is answered at once.
  Task<Result<std::vector<ClaimAnswer>>> claim(const JobClaim& job);
  // All of them in one commit.
  Task<Result<TakenOver>> settle(const std::vector<Settlement>& settlements);
  // Of messages that were delivered before; see begun.h and tries.h.
  Task<Result<Begun::Targets>> begun(JobKey job);
  Task<Result<TryVerdict>> beginTry(Try attempt);
  void endTry(int64_t hash);
  Task<void> close();  // after the last answer
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::store
