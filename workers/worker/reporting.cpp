// What a worker tells: health, metrics, notices in the log.
#include "health.h"
#include "process.h"

namespace tidings::worker {
namespace {

bool isTrouble(amqp::NoticeKind kind) {
  using enum amqp::NoticeKind;
  return kind != connected && kind != unblocked && kind != declared;
}

}  // namespace

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
  metrics.circuits(journeys_->settings().router->circuits());
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

// All sessions have the same address and environment: what holds for one holds for each.
void Worker::tellExposure() {
  std::string now = housekeeping_->exposure();
  if (now.empty() || now == exposure_) return;
  exposure_ = std::move(now);
  log_.warn("exposed", {{"note", exposure_}});
}

}  // namespace tidings::worker
