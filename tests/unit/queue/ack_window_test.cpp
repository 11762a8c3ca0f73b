#include "queue/ack_window.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace tidings::queue {
namespace {

AckWindow delivered(uint64_t count) {
  AckWindow window;
  for (uint64_t tag = 1; tag <= count; ++tag) window.delivered(tag);
  return window;
}
using Frames = std::vector<AckFrame>;

TEST(AckWindow, OneFrameForAllBelowTheWatermark) {
  AckWindow window = delivered(4);
  for (const uint64_t tag : {3, 1, 2}) EXPECT_TRUE(window.finish(tag, false));
  EXPECT_EQ(window.take(), (Frames{{3, true, false}}));
  EXPECT_EQ(window.unfinished(), 1u);
}

TEST(AckWindow, OneOfItsOwnForEachBeyondASlowOne) {
  AckWindow window = delivered(4);
  window.finish(2, false);
  window.finish(4, false);
  EXPECT_EQ(window.take(), (Frames{{2, false, false}, {4, false, false}}));
  window.finish(1, false);
  EXPECT_EQ(window.take(), (Frames{{1, false, false}}));  // 2 is told already
  window.finish(3, false);
  EXPECT_EQ(window.take(), (Frames{{3, false, false}}));
  EXPECT_EQ(window.unfinished(), 0u);
}

TEST(AckWindow, AMultipleAckEndsOnATagTheBrokerStillWaitsFor) {
  AckWindow window = delivered(4);
  window.finish(3, false);
  EXPECT_EQ(window.take(), (Frames{{3, false, false}}));
  window.finish(1, false);
  window.finish(2, false);
  EXPECT_EQ(window.take(), (Frames{{2, true, false}}));
}

TEST(AckWindow, RequeuesGoFirstAndAlone) {
  AckWindow window = delivered(3);
  window.finish(1, false);
  window.finish(2, true);
  window.finish(3, false);
  EXPECT_EQ(window.take(), (Frames{{2, false, true}, {3, true, false}}));
}

TEST(AckWindow, ATagCountsOnce) {
  AckWindow window = delivered(2);
  EXPECT_TRUE(window.finish(1, false));
  EXPECT_FALSE(window.finish(1, false));
  EXPECT_FALSE(window.finish(1, true));
  EXPECT_FALSE(window.finish(3, false));
  EXPECT_FALSE(window.finish(0, false));
  EXPECT_EQ(window.take().size(), 1u);
  EXPECT_FALSE(window.hasNews());
  EXPECT_FALSE(window.finish(1, false));
}

// A broker's view of a channel: a tag may be settled once, multiple settles all below.
TEST(AckWindow, InAnyOrderTheBrokerIsToldEachTagExactlyOnce) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    AckWindow window;
    std::set<uint64_t> atBroker, acked, requeued;
    std::vector<uint64_t> out;
    uint64_t last = 0;
    for (int step = 0; step < 300; ++step) {
      if (random() % 2 == 0) {
        window.delivered(++last);
        atBroker.insert(last);
        out.push_back(last);
      } else if (!out.empty()) {
        const size_t i = random() % out.size();
        const bool requeue = random() % 5 == 0;
        EXPECT_TRUE(window.finish(out[i], requeue));
        (requeue ? requeued : acked).insert(out[i]);
        out.erase(out.begin() + static_cast<long>(i));
      }
      if (random() % 4 != 0) continue;
      for (const AckFrame& frame : window.take()) {
        ASSERT_TRUE(atBroker.contains(frame.tag));
        const auto end = atBroker.upper_bound(frame.tag);
        for (auto it = frame.multiple ? atBroker.begin() : std::prev(end); it != end;) {
          ASSERT_EQ((frame.requeue ? requeued : acked).erase(*it), 1u);
          it = atBroker.erase(it);
        }
      }
      EXPECT_TRUE(acked.empty() && requeued.empty());
      EXPECT_EQ(atBroker.size(), window.unfinished());
    }
  }
}

}  // namespace
}  // namespace tidings::queue
