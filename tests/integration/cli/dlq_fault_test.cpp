#include <gmock/gmock.h>

#include <csignal>

#include "integration/cli/program.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"

namespace tidings::cli {
namespace {

class DlqFaultTest : public ProgramTest {
 protected:
  static constexpr size_t letters = 3000;
  // How many copies a replay has under way at most; on a busy machine they pile up to that.
  static constexpr size_t underWay = 500;

  // Starts a replay that takes long, and ends it with the signal once `enough` were replayed.
  int interruptedReplay(int signal, size_t enough) {
    write("in", "");
    const int pid = start({"dlq", "replay", "--type", type(), "--rate", "1000"});
    EXPECT_TRUE(reaches(queue::typeQueue(type()), enough));
    ::kill(pid, signal);
    return waitFor(pid);
  }
  // Killed, the broker needs a moment to put the unacked ones back.
  bool allBack() {
    constexpr auto wait = [](DlqFaultTest& test) -> Task<bool> {
      for (int i = 0; i < 2000; ++i) {
        const size_t dead = co_await test.depth(queue::deadQueue(test.type()));
        const size_t work = co_await test.depth(queue::typeQueue(test.type()));
        if (dead + work >= letters) co_return true;
        co_await sleepFor(test.loop, Millis{10});
      }
      co_return false;
    };
    return loop.run(wait(*this));
  }
  void expectEveryLetterOnceOrMore(const std::multiset<std::string>& ids) {
    for (size_t i = 0; i < letters; ++i) {
      EXPECT_GE(ids.count("n-" + std::to_string(i)), 1U) << i;
    }
  }
};

TEST_F(DlqFaultTest, AKilledReplayLosesNothingAndTheNextOneTakesTheRest) {
  ASSERT_EQ(run({"setup"}).code, 0);
  bury(type(), 0, letters, "permanent");
  // So far apart that one which acknowledged nothing would be seen: 2,100 + all again.
  for (const size_t enough : {700U, 1400U, 2100U}) {
    EXPECT_EQ(interruptedReplay(SIGKILL, enough), -SIGKILL);
    ASSERT_TRUE(allBack());
  }
  EXPECT_EQ(run({"dlq", "replay", "--type", type()}).code, 0);
  EXPECT_EQ(depthOf(queue::deadQueue(type())), 0U);
  const auto ids = idsOf(takeAll(queue::typeQueue(type())));
  expectEveryLetterOnceOrMore(ids);
  EXPECT_LE(ids.size(), letters + 3 * underWay) << "only what was in flight may come twice";
}

TEST_F(DlqFaultTest, AnInterruptedReplayFinishesWhatItBegan) {
  ASSERT_EQ(run({"setup"}).code, 0);
  bury(type(), 0, letters, "permanent");
  EXPECT_EQ(interruptedReplay(SIGINT, 300), 1);
  ASSERT_TRUE(allBack());
  EXPECT_EQ(run({"dlq", "replay", "--type", type()}).code, 0);
  const auto ids = idsOf(takeAll(queue::typeQueue(type())));
  EXPECT_EQ(ids.size(), letters) << "none twice";
  expectEveryLetterOnceOrMore(ids);
}

// It went on through the whole file, half a minute for each few hundred lines.
TEST_F(DlqFaultTest, AnImportWhoseBrokerIsLostStopsAndIsThree) {
  ASSERT_EQ(run({"setup"}).code, 0);
  const OpenInput input = openInput();
  const int pid = start({"dlq", "import"});
  input.write(letter(type(), 0, "permanent").dump() + "\n");
  EXPECT_TRUE(reaches(queue::deadQueue(type()), 1));
  stack("kill-rabbit");
  input.write(letter(type(), 1, "permanent").dump() + "\n");
  EXPECT_EQ(waitFor(pid), 3) << "while its input is still open";
  stack("start-rabbit");
}

TEST_F(DlqFaultTest, ReplayGoesOnAfterTheBrokerWasKilled) {
  ASSERT_EQ(run({"setup"}).code, 0);
  bury(type(), 0, letters, "permanent");
  write("in", "");
  const int pid = start({"dlq", "replay", "--type", type(), "--rate", "500"});
  loop.run(sleepFor(loop, Millis{1500}));
  stack("kill-rabbit");
  stack("start-rabbit");
  const int code = waitFor(pid);
  if (code != 0) {
    EXPECT_EQ(run({"dlq", "replay", "--type", type()}).code, 0);
  }
  ASSERT_TRUE(allBack());
  expectEveryLetterOnceOrMore(idsOf(takeAll(queue::typeQueue(type()))));
  EXPECT_EQ(depthOf(queue::deadQueue(type())), 0U);
}

}  // namespace
}  // namespace tidings::cli
