#include "http/times.h"

#include <gtest/gtest.h>

namespace tidings::http {
namespace {

using namespace std::chrono_literals;

Millis keptOf(Millis timeout) {
  const ManualClock clock;
  const Deadline end = Deadline::after(clock, timeout);
  const Times times = Times::of(clock, end);
  EXPECT_EQ(times.end.when(), end.when());
  return std::chrono::duration_cast<Millis>(end.when() - times.handOverBy.when());
}

TEST(Times, KeepTimeForTheRelaysAnswer) { EXPECT_EQ(keptOf(10s), 2s); }

TEST(Times, KeepNoMoreThanAQuarterOfAShortTimeout) {
  EXPECT_EQ(keptOf(2s), 500ms);
  EXPECT_EQ(keptOf(100ms), 25ms);
}

TEST(Times, OfATimeThatIsOverAreOver) { EXPECT_EQ(keptOf(0ms), 0ms); }

}  // namespace
}  // namespace tidings::http
