#include "http/deadlines.h"

#include <gtest/gtest.h>

#include <memory>

namespace tidings::http {
namespace {

using namespace std::chrono_literals;

struct Late final : Deadlines::Wait {
  int times = 0;
  void onLate() override { ++times; }
};

struct DeadlinesTest : testing::Test {
  ManualClock clock;
  ManualTimers timers{clock};
  Deadlines deadlines{timers};
  Late first, second, third;
  Deadline in(Millis wait) const { return Deadline::after(clock, wait); }
};

TEST_F(DeadlinesTest, TellEachWhenItsTimeIsOver) {
  deadlines.add(first, in(300ms));
  deadlines.add(second, in(100ms));
  deadlines.add(third, in(200ms));
  timers.advance(99ms);
  EXPECT_EQ(second.times, 0);
  timers.advance(1ms);
  EXPECT_EQ(second.times, 1);
  EXPECT_EQ(third.times, 0);
  timers.advance(200ms);
  EXPECT_EQ(first.times + second.times + third.times, 3);
  EXPECT_EQ(timers.pending(), 0U);
}

TEST_F(DeadlinesTest, LeaveInPeaceWhatEndedInTime) {
  deadlines.add(first, in(100ms));
  deadlines.add(second, in(100ms));
  deadlines.add(third, in(150ms));
  deadlines.remove(first);
  timers.advance(1s);
  EXPECT_EQ(first.times, 0);
  EXPECT_EQ(second.times, 1);
  EXPECT_EQ(third.times, 1);
}

TEST_F(DeadlinesTest, LeaveTheOthersAloneWhenALateOneIsRemoved) {
  deadlines.add(first, in(100ms));
  deadlines.add(second, in(200ms));
  timers.advance(100ms);
  deadlines.remove(first);
  timers.advance(100ms);
  EXPECT_EQ(first.times + second.times, 2);
  deadlines.remove(second);
}

// An answer that the other side, on the same machine, could not give either is on its way.
TEST_F(DeadlinesTest, GiveALittleMoreTimeAfterAPauseOfTheWholeProcess) {
  deadlines.add(first, in(100ms));
  deadlines.add(second, in(10s));
  clock.advance(5s);
  timers.advance(0ms);
  EXPECT_EQ(first.times, 0);
  timers.advance(1'999ms);
  EXPECT_EQ(first.times, 0);
  timers.advance(1ms);
  EXPECT_EQ(first.times, 1);
  timers.advance(3s);
  EXPECT_EQ(second.times, 1);
}

TEST_F(DeadlinesTest, TakeOneTimerForAll) {
  for (int i = 0; i < 100; ++i) {
    deadlines.add(first, in(10s));
    deadlines.remove(first);
    timers.advance(10ms);
    EXPECT_EQ(timers.pending(), 1U);
  }
}

}  // namespace
}  // namespace tidings::http
