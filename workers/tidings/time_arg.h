// A point in time as a person types it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidings::cli {

// "2026-01-31T09:30:00Z", "2026-01-31" (midnight UTC), or how long ago: "90s", "15m", "2h", "7d".
std::optional<WallTime> parseTime(std::string_view text, WallTime now);

// "3m", "2h", "5d": the largest unit that fits.
std::string age(WallTime then, WallTime now);

}  // namespace tidings::cli
