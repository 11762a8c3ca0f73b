#include "health.h"

#include "observe/metrics.h"

namespace tidings::worker {
namespace {

// One line per reason; none means ready.
std::string whyNotReady(const HealthSources& sources) {
  std::string why;
  if (sources.draining()) why += "draining\n";
  if (!sources.consuming()) why += "broker: not consuming\n";
  if (!sources.publishing()) why += "broker: not publishing\n";
  if (!sources.database()) why += "database: not connected\n";
  if (const Millis stuck = sources.stuckFor(); stuck >= stuckAfter) {
    why += "stuck: messages are ready, none was delivered for " +
           std::to_string(stuck.count() / 1000) + " s\n";
  }
  return why;
}

}  // namespace

web::Routes healthRoutes(HealthSources sources) {
  web::Routes routes;
  routes["/metrics"] = [sources] {
    return web::Answer{.contentType = std::string(observe::Metrics::contentType),
                       .body = sources.metrics()};
  };
  routes["/healthz"] = [] { return web::Answer{.body = "ok\n"}; };
  routes["/readyz"] = [sources] {
    std::string why = whyNotReady(sources);
    if (why.empty()) return web::Answer{.body = "ready\n"};
    return web::Answer{.status = 503, .body = std::move(why)};
  };
  return routes;
}

}  // namespace tidings::worker
