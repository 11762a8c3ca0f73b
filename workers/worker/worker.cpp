#include "worker.h"

#include <algorithm>
#include <csignal>

#include "base/crash_point.h"
#include "broker_settings.h"
#include "config/exposure.h"
#include "process.h"
#include "settings_loader.h"

namespace tidings::worker {
namespace {

constexpr Millis settleTimeout{2'000};  // of what the end of the grace period interrupts
constexpr Millis closeTimeout{5'000};

}  // namespace

std::vector<std::string> typeNames(const config::Config& config, const Options& options) {
  const auto& only = options.types;
  std::vector<std::string> names;
  for (const auto& [name, type] : config.types) {
    const bool mine = only.empty() || std::find(only.begin(), only.end(), name) != only.end();
    if (mine) names.push_back(name);
  }
  return names;
}

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
  background_.spawn(keepUp(*this));
  const std::stop_callback onStop(stops_.work(), [this] { housekeeping_->stop(); });
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
  for (const std::string& what : config::exposures(config_)) log_.warn("exposed", {{"note", what}});
  broker_ = brokerSettings(config_.amqp, std::move(*endpoints), options_.name);
  const std::string& database = config_.postgres.url;
  housekeeping_ = std::make_unique<pg::Connection>(
      loop_, pg::ConnectionOptions{.url = database,
                                   .purpose = "housekeeping",
                                   .onChange = [this](bool up, std::string_view why) {
                                     if (up) return tellExposure();
                                     trouble()("housekeeping: no session: " + std::string(why));
                                   }});
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
                                .onNotice = notices("publish"),
                                .stop = stops_.work()});
  journeys_ =
      std::make_unique<delivery::Journeys>(loop_, ports(), observer_, std::move(*settings), stops_);
  intake_ = std::make_unique<queue::Intake>(
      loop_,
      queue::Intake::Options{
          .amqp = broker_,
          .sources = queue::Intake::sourcesFor(typeNames(config_, options_), config_.amqp.prefetch,
                                               config_.amqp.retryPrefetch),
          .underWay = [this] { return journeys_->underWay(); },
          .onNotice = notices("consume")},
      [this](queue::Incoming&& message) { journeys_->take(std::move(message)); });
  metrics_.onScrape([this](observe::Metrics& metrics) { sample(metrics); });
  return std::nullopt;
}

// First take no more, then, after the grace period, end the sends that are out and settle what
// became of them, and at last give up what still runs: it stays unacked.
Task<void> Worker::drain() {
  log_.info("draining", {{"in_flight", journeys_->underWay()}});
  stops_.stopIntake();
  intake_->stop();
  TIDINGS_CRASH_POINT("draining");
  const TimerId grace = loop_.after(config_.shutdownTimeout, [this] {
    log_.warn("grace_expired", {{"in_flight", journeys_->underWay()}});
    stops_.stopSends();
    http_.abort();
    TIDINGS_CRASH_POINT("sends-aborted");
  });
  const TimerId end =
      loop_.after(config_.shutdownTimeout + settleTimeout, [this] { stops_.stopWork(); });
  co_await journeys_->join();
  TIDINGS_CRASH_POINT("drained");
  loop_.cancel(grace);
  loop_.cancel(end);
}

Task<void> Worker::closeAll() {
  stops_.stopIntake();
  const Deadline deadline = Deadline::after(loop_.clock(), closeTimeout);
  if (intake_) co_await intake_->close(deadline);
  TIDINGS_CRASH_POINT("intake-closed");
  if (publisher_) co_await publisher_->close(deadline);
  stops_.stopWork();
  housekeeping_->stop();  // a start that was given up has not
  co_await background_.join();
  TIDINGS_CRASH_POINT("publisher-closed");
  co_await claims_->close();
  co_await profiles_->close();
  co_await housekeeping_->close();
  if (web_) co_await web_->close();
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
  const auto gone = std::find_if(before.begin(), before.end(), [&now](const std::string& type) {
    return !std::binary_search(now.begin(), now.end(), type);
  });
  if (gone != before.end()) {
    // Its queue is consumed until the end: its messages would go to the dead letters.
    const std::string error =
        options_.configFile + ": types: found no " + *gone +
        ", expected every type this worker consumes: restart to take one away";
    log_.error("reload_failed", {{"error", error}});
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
  return {.profile = [this](const std::string& recipient) { return profiles_->get(recipient); },
          .claim = [this](const store::JobClaim& job) { return claims_->claim(job); },
          .settle =
              [this](const std::vector<store::Settlement>& rows) { return claims_->settle(rows); },
          .begun = [this](store::JobKey job) { return claims_->begun(std::move(job)); },
          .beginTry = [this](store::Try attempt) { return claims_->beginTry(attempt); },
          .endTry = [this](int64_t hash) { claims_->endTry(hash); },
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

Task<int> runWorker(Loop& loop, observe::Log& log, const Options& options, config::Config config) {
  Worker worker(loop, log, options, std::move(config));
  co_return co_await worker.run();
}

}  // namespace tidings::worker
