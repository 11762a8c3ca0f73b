#include "worker.h"

#include <algorithm>
#include <csignal>

#include "broker_settings.h"
#include "delivery/journeys.h"
#include "health.h"
#include "http/client.h"
#include "observe/metrics.h"
#include "queue/intake.h"
#include "queue/publisher.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"
#include "runtime/stops.h"
#include "settings_loader.h"
#include "store/admin.h"
#include "store/claims.h"
#include "store/migrations.h"
#include "store/partitions.h"
#include "store/profiles.h"
#include "version.h"
#include "web/server.h"

namespace tidings::worker {
namespace {

constexpr int exitOk = 0, exitFailed = 1, exitConfiguration = 2, exitUnreachable = 3;
constexpr Millis startPatience{60'000};  // how long servers may take to appear at our start
constexpr Millis askAgain{1'000};
constexpr Millis queryTimeout{10'000};
constexpr Millis settleTimeout{2'000};  // of what the end of the grace period interrupts
constexpr Millis closeTimeout{5'000};
constexpr Millis day = std::chrono::hours{24};

// What this worker takes. The others stay in its configuration: they are known, if not its own.
std::vector<std::string> typeNames(const config::Config& config, const Options& options) {
  const auto& only = options.types;
  std::vector<std::string> names;
  for (const auto& [name, type] : config.types) {
    const bool mine = only.empty() || std::find(only.begin(), only.end(), name) != only.end();
    if (mine) names.push_back(name);
  }
  return names;
}

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
  Task<Status> declareObjects(Deadline deadline);
  Task<void> drain();
  Task<void> closeAll();
  static Task<void> keepPartitions(Worker& self);
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
  std::unique_ptr<store::Claims> claims_;
  std::unique_ptr<store::Profiles> profiles_;
  std::unique_ptr<queue::Publisher> publisher_;
  std::unique_ptr<delivery::Journeys> journeys_;
  std::unique_ptr<queue::Intake> intake_;
  std::unique_ptr<web::Server> web_;
  Scope background_;
};

Task<int> Worker::run() {
  handleSignals();
  if (const auto failed = build()) co_return *failed;
  housekeeping_->start();
  int exit = co_await prepareServers();
  if (exit == exitOk && !stops_.intake().stop_requested()) {
    exit = co_await work();
  }
  co_await closeAll();
  log_.info("stopped", {{"exit", exit}});
  co_return exit;
}

Task<int> Worker::work() {
  auto server = web::Server::start(loop_, {.listen = config_.http.listen}, routes());
  if (!server.ok()) {
    log_.error("http_failed", {{"error", server.error().message}});
    co_return exitConfiguration;
  }
  web_ = std::move(*server);
  claims_->start();
  profiles_->start();
  publisher_->start();
  intake_->start();
  background_.spawn(keepPartitions(*this));
  log_.info("started", {{"name", options_.name},
                        {"version", version},
                        {"http_port", web_->port()},
                        {"prefetch", config_.amqp.prefetch}});
  co_await stopped_.wait();
  co_await drain();
  co_return journeys_->underWay() == 0 ? exitOk : exitFailed;
}

std::optional<int> Worker::build() {
  auto endpoints = amqp::parseUrls(config_.amqp.urls);
  auto settings = buildSettings(loop_, http_, metrics_, config_);
  if (!endpoints.ok() || !settings.ok()) {
    log_.error("configuration",
               {{"error", endpoints.ok() ? settings.error().message : endpoints.error().message}});
    return exitConfiguration;
  }
  for (const std::string& note : config_.notes) log_.info("configuration", {{"note", note}});
  broker_ = brokerSettings(config_.amqp, std::move(*endpoints), options_.name);
  const std::string& database = config_.postgres.url;
  housekeeping_ = std::make_unique<pg::Connection>(
      loop_, pg::ConnectionOptions{.url = database, .purpose = "housekeeping"});
  claims_ = std::make_unique<store::Claims>(
      loop_, store::ClaimsOptions{.url = database,
                                  .instance = store::makeInstanceId(random_),
                                  .stop = stops_.work(),
                                  .retention = config_.retention,
                                  .onTrouble = trouble()});
  profiles_ = std::make_unique<store::Profiles>(
      loop_,
      store::ProfilesOptions{.url = database, .stop = stops_.work(), .onTrouble = trouble()});
  publisher_ = std::make_unique<queue::Publisher>(
      loop_,
      queue::Publisher::Options{.amqp = broker_,
                                .windowMessages = static_cast<size_t>(config_.amqp.publishWindow),
                                .onMissing = [this] { background_.spawn(redeclare(*this)); },
                                .onNotice = notices("publish")});
  journeys_ =
      std::make_unique<delivery::Journeys>(loop_, ports(), observer_, std::move(*settings), stops_);
  intake_ = std::make_unique<queue::Intake>(
      loop_,
      queue::Intake::Options{
          .amqp = broker_,
          .sources = queue::Intake::sourcesFor(typeNames(config_, options_), config_.amqp.prefetch,
                                               config_.amqp.retryPrefetch),
          .onNotice = notices("consume")},
      [this](queue::Incoming message) { journeys_->take(std::move(message)); });
  metrics_.onScrape([this](observe::Metrics& metrics) { sample(metrics); });
  return std::nullopt;
}

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

// First take no more, then, after the grace period, end the sends that are out and settle what
// became of them, and at last give up what still runs: it stays unacked.
Task<void> Worker::drain() {
  log_.info("draining", {{"in_flight", journeys_->underWay()}});
  stops_.stopIntake();
  intake_->stop();
  const TimerId grace = loop_.after(config_.shutdownTimeout, [this] {
    log_.warn("grace_expired", {{"in_flight", journeys_->underWay()}});
    stops_.stopSends();
    http_.abort();
  });
  const TimerId end =
      loop_.after(config_.shutdownTimeout + settleTimeout, [this] { stops_.stopWork(); });
  co_await journeys_->join();
  loop_.cancel(grace);
  loop_.cancel(end);
}

Task<void> Worker::closeAll() {
  stops_.stopIntake();
  const Deadline deadline = Deadline::after(loop_.clock(), closeTimeout);
  if (intake_) co_await intake_->close(deadline);
  if (publisher_) co_await publisher_->close(deadline);
  stops_.stopWork();
  housekeeping_->stop();
  co_await background_.join();
  co_await claims_->close();
  co_await profiles_->close();
  co_await housekeeping_->close();
  if (web_) co_await web_->close();
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

void Worker::handleSignals() {
  const auto stop = [this] {
    stops_.stopIntake();
    stopped_.set(true);
  };
  loop_.onSignal(SIGTERM, stop);
  loop_.onSignal(SIGINT, stop);
  loop_.onSignal(SIGHUP, [this] { reload(); });
}

// A file that does not hold together changes nothing.
void Worker::reload() {
  Result<config::Config> config = loadConfig(options_);
  if (!config.ok()) {
    log_.error("reload_failed", {{"error", config.error().message}});
    return;
  }
  const auto before = typeNames(config_, options_), now = typeNames(*config, options_);
  if (!std::includes(now.begin(), now.end(), before.begin(), before.end())) {
    // Their queues are consumed until the end: their messages would go to the dead letters.
    log_.error("reload_failed", {{"error",
                                  "types: found one less than this worker consumes, expected "
                                  "all of them: restart to take a type away"}});
    return;
  }
  if (now != before) {
    log_.warn("reload", {{"note", "types were added: restart to consume their queues"}});
  }
  auto settings = buildSettings(loop_, http_, metrics_, std::move(*config));
  if (!settings.ok()) {
    log_.error("reload_failed", {{"error", settings.error().message}});
    return;
  }
  if (journeys_) journeys_->use(std::move(*settings));
  log_.info("reloaded");
}

delivery::Ports Worker::ports() {
  return {
      .profile = [this](std::string recipient) { return profiles_->get(std::move(recipient)); },
      .claim = [this](store::JobClaim job) { return claims_->claim(std::move(job)); },
      .settle =
          [this](std::vector<store::Settlement> rows) { return claims_->settle(std::move(rows)); },
      .subscribers =
          [this](std::string topic, std::string after, int limit) {
            return subscribersOf(std::move(topic), std::move(after), limit);
          },
      .publish =
          [this](queue::Outgoing message, Deadline deadline) {
            return publisher_->publish(std::move(message), deadline);
          },
      .ack = [this](queue::AckTicket ticket) { intake_->ack(ticket); }};
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

web::Routes Worker::routes() {
  return healthRoutes({.metrics = [this] { return metrics_.text(); },
                       .consuming = [this] { return intake_->connected(); },
                       .publishing = [this] { return publisher_->connected(); },
                       .database = [this] { return claims_->connected(); },
                       .draining = [this] { return stops_.intake().stop_requested(); },
                       .stuckFor = [this] { return stuckFor(); }});
}

// Messages wait for us and none came: how long already.
Millis Worker::stuckFor() const {
  const auto stats = intake_->stats();
  if (!stats.readySince) return Millis{0};
  const MonoTime last =
      std::max(*stats.readySince, stats.lastDeliveryAt.value_or(*stats.readySince));
  return std::chrono::duration_cast<Millis>(loop_.clock().mono() - last);
}

void Worker::sample(observe::Metrics& metrics) {
  const auto consume = intake_->stats();
  const auto publish = publisher_->stats();
  const auto claims = claims_->stats();
  const auto profiles = profiles_->stats();
  metrics.inFlight(journeys_->underWay());
  metrics.unsettled(consume.unacked);
  metrics.connected("amqp_consume", intake_->connected());
  metrics.connected("amqp_publish", publisher_->connected());
  metrics.connected("postgres", claims_->connected());
  metrics.reconnects("amqp_consume", consume.wire.connects);
  metrics.reconnects("amqp_publish", publish.wire.connects);
  metrics.reconnects("postgres", claims.sessions);
  metrics.amqpFrames("in", consume.wire.framesIn + publish.wire.framesIn);
  metrics.amqpFrames("out", consume.wire.framesOut + publish.wire.framesOut);
  metrics.pgRoundTrips("claims", claims.roundTrips);
  metrics.pgRoundTrips("profiles", profiles.roundTrips);
  metrics.profileCache(profiles.hits, profiles.misses, profiles.entries);
  metrics.logLinesDropped(log_.dropped());
}

bool isTrouble(amqp::NoticeKind kind) {
  using enum amqp::NoticeKind;
  return kind != connected && kind != unblocked && kind != declared;
}

amqp::OnNotice Worker::notices(std::string_view connection) {
  return [this, connection](const amqp::Notice& notice) {
    const observe::LogFields fields{
        {"connection", connection}, {"notice", toString(notice.kind)}, {"text", notice.text}};
    if (isTrouble(notice.kind)) {
      log_.warn("broker", fields);
    } else {
      log_.info("broker", fields);
    }
  };
}

std::function<void(std::string_view)> Worker::trouble() {
  return [this](std::string_view what) { log_.warn("database", {{"text", what}}); };
}

}  // namespace

Task<int> runWorker(Loop& loop, observe::Log& log, const Options& options, config::Config config) {
  Worker worker(loop, log, options, std::move(config));
  co_return co_await worker.run();
}

}  // namespace tidings::worker
