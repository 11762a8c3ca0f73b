// Builds the settings of journeys from a configuration: templates compiled, providers made.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "delivery/settings.h"
#include "http/client.h"
#include "observe/metrics.h"
#include "runtime/loop.h"

namespace tidings::worker {

Result<std::shared_ptr<const delivery::Settings>> buildSettings(Loop& loop, http::Client& client,
                                                                observe::Metrics& metrics,
                                                                config::Config config);

}  // namespace tidings::worker
