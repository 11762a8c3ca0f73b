// RFC 3339 date-times, the only format of time in messages, headers and logs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidings {

// "2026-01-31T09:30:00.250Z" or with an offset; lower-case t/z and any number of fraction digits
// are accepted (truncated to milliseconds), a leap second counts as the next second. Nothing else
// is.
std::optional<WallTime> parseRfc3339(std::string_view text);

// Always UTC with milliseconds: "2026-01-31T09:30:00.250Z". What lies outside of the years 0 to
// 9999 is written as their first or last millisecond.
std::string formatRfc3339(WallTime time);
void appendRfc3339(std::string& out, WallTime time);

}  // namespace tidings
