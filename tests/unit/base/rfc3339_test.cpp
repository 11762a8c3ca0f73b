#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace tidings {
namespace {

TEST(Rfc3339, ReadsWhatTheRfcShows) {
  const auto time = parseRfc3339("1985-04-12T23:20:50.52Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(formatRfc3339(*time), "1985-04-12T23:20:50.520Z");
}

TEST(Rfc3339, AppliesOffsets) {
  EXPECT_EQ(parseRfc3339("2026-01-01T09:00:00+09:00"), parseRfc3339("2026-01-01T00:00:00Z"));
  EXPECT_EQ(parseRfc3339("2025-12-31t19:00:00-05:00"), parseRfc3339("2026-01-01T00:00:00z"));
}

TEST(Rfc3339, LeapSecondIsTheNextSecond) {
  EXPECT_EQ(parseRfc3339("2016-12-31T23:59:60Z"), parseRfc3339("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* bad :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+0900", "x"}) {
    EXPECT_FALSE(parseRfc3339(bad)) << bad;
  }
}

TEST(Rfc3339, RoundTripsDaysFarApart) {
  for (const char* text :
       {"1970-01-01T00:00:00.000Z", "2000-02-29T12:34:56.789Z", "9999-12-31T23:59:59.999Z"}) {
    EXPECT_EQ(formatRfc3339(*parseRfc3339(text)), text);
  }
}

TEST(Rfc3339, WritesWhatHasNoYearOfFourDigitsAsTheNearestThatHas) {
  EXPECT_EQ(formatRfc3339(*parseRfc3339("9999-12-31T23:59:59-01:00")), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(formatRfc3339(*parseRfc3339("0000-01-01T00:00:00+01:00")), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(formatRfc3339(WallTime::max()), "9999-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace tidings
