// A worker process: its parts, in the order they are built and stopped.
//
// worker.cpp: from start to stop. servers.cpp: what it asks of RabbitMQ and PostgreSQL beside the
// messages. upkeep.cpp: what it does for the database, daily. reporting.cpp: what it tells (health,
// metrics, notices in the log). Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delivery/journeys.h"
#include "http/client.h"
#include "observe/metrics.h"
#include "options.h"
#include "queue/intake.h"
#include "queue/publisher.h"
#include "runtime/loop_sleep.h"
#include "runtime/stops.h"
#include "store/claims.h"
#include "store/profiles.h"
#include "version.h"
#include "web/server.h"

namespace tidings::worker {

inline constexpr int exitOk = 0, exitFailed = 1, exitConfiguration = 2, exitUnreachable = 3;

// What this worker takes. The others stay in its configuration: they are known, if not its own.
std::vector<std::string> typeNames(const config::Config& config, const Options& options);

class Worker {
 public:
  Worker(Loop& loop, observe::Log& log, const Options& options, config::Config config)
      : loop_(loop),
        log_(log),
        options_(options),
        config_(std::move(config)),
        metrics_({.version = std::string(version), .worker = options.name}),
        observer_(log_, metrics_),
        http_(loop),
        stopped_(loop) {}

  Task<int> run();

 private:
  Task<int> work();
  std::optional<int> build();
  Task<int> prepareServers();
  Task<Status> prepareDatabase(Deadline deadline);
  Task<Status> askDatabase(Deadline deadline);
  Task<Status> declareObjects(Deadline deadline);
  Task<void> drain();
  Task<void> closeAll();
  static Task<void> keepUp(Worker& self);
  Task<Status> keepUpOnce(bool partitions);
  Task<Status> keepPartitions(pg::Connection& session);
  static Task<void> redeclare(Worker& self);
  void handleSignals();
  void reload();
  delivery::Ports ports();
  Task<Result<std::vector<std::string>>> subscribersOf(std::string topic, std::string after,
                                                       int limit);
  web::Routes routes();
  Millis stuckFor() const;
  void sample(observe::Metrics& metrics);
  amqp::OnNotice notices(std::string_view connection);
  std::function<void(std::string_view)> trouble();
  void tellExposure();

  Loop& loop_;
  observe::Log& log_;
  const Options& options_;
  config::Config config_;
  Random random_;
  Stops stops_;
  observe::Metrics metrics_;
  delivery::Observer observer_;
  http::Client http_;
  OneShot<bool> stopped_;
  amqp::Settings broker_;
  std::unique_ptr<pg::Connection> housekeeping_;
  std::string exposure_;  // of its sessions, told
  std::unique_ptr<store::Claims> claims_;
  std::unique_ptr<store::Profiles> profiles_;
  std::unique_ptr<queue::Publisher> publisher_;
  std::unique_ptr<delivery::Journeys> journeys_;
  std::unique_ptr<queue::Intake> intake_;
  std::unique_ptr<web::Server> web_;
  Scope background_;
};

}  // namespace tidings::worker
