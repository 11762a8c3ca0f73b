#include "time_arg.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace tidings::cli {
namespace {

const WallTime now = *parseRfc3339("2026-01-31T12:00:00Z");

TEST(ParseTime, TakesTimesDatesAndAges) {
  EXPECT_EQ(parseTime("2026-01-31T09:30:00Z", now), parseRfc3339("2026-01-31T09:30:00Z"));
  EXPECT_EQ(parseTime("2026-01-30", now), parseRfc3339("2026-01-30T00:00:00Z"));
  EXPECT_EQ(parseTime("90s", now), now - std::chrono::seconds{90});
  EXPECT_EQ(parseTime("15m", now), now - std::chrono::minutes{15});
  EXPECT_EQ(parseTime("2h", now), now - std::chrono::hours{2});
  EXPECT_EQ(parseTime("7d", now), now - std::chrono::hours{7 * 24});
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* bad : {"", "h", "2", "-2h", "2w", "2 h", "2hh", "yesterday", "2026-13-01",
                          "99999999999999999999d", "200000d"}) {
    EXPECT_EQ(parseTime(bad, now), std::nullopt) << bad;
  }
}

TEST(Age, NamesTheLargestUnitThatFits) {
  EXPECT_EQ(age(now - std::chrono::seconds{59}, now), "59s");
  EXPECT_EQ(age(now - std::chrono::minutes{61}, now), "1h");
  EXPECT_EQ(age(now - std::chrono::hours{49}, now), "2d");
  EXPECT_EQ(age(now + std::chrono::hours{1}, now), "now");
}

}  // namespace
}  // namespace tidings::cli
