// GET /metrics, /healthz (the process lives) and /readyz (servers connected, not draining, and
// messages move), as the operations guide describes them.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "web/server.h"

namespace tidings::worker {

struct HealthSources {
  std::function<std::string()> metrics;
  std::function<bool()> consuming;
  std::function<bool()> publishing;
  std::function<bool()> database;
  std::function<bool()> draining;
  // How long messages have been ready for us while none was delivered; 0 when all is well.
  std::function<Millis()> stuckFor;
};

inline constexpr Millis stuckAfter{60'000};

web::Routes healthRoutes(HealthSources sources);

}  // namespace tidings::worker
