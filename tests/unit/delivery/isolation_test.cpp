#include "delivery/isolation.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "runtime/loop_sleep.h"
#include "runtime/scope.h"

namespace tidings::delivery {
namespace {

using namespace std::chrono_literals;

struct IsolationTest : testing::Test {
  SystemClock clock;
  Loop loop{clock};
  Isolation isolation{loop};
  std::stop_source stop;
  std::vector<std::string> steps;

  static Task<void> goAlone(IsolationTest& self, std::string name, Millis takes) {
    const Semaphore::Permit permit = co_await self.isolation.alone(self.stop.get_token());
    self.steps.push_back(name + " begins");
    co_await sleepFor(self.loop, takes);
    self.steps.push_back(name + " ends");
  }
  static Task<void> goTogether(IsolationTest& self, Millis takes) {
    const Isolation::Token held = self.isolation.together();
    co_await sleepFor(self.loop, takes);
    self.steps.push_back("together ends");
  }
  static Task<void> rescue(IsolationTest& self, Millis takes) {
    const Isolation::Token held = self.isolation.rescue();
    co_await sleepFor(self.loop, takes);
    self.steps.push_back("rescued");
  }
  static Task<void> follow(IsolationTest& self) {
    co_await self.isolation.untilFree(self.stop.get_token());
    self.steps.push_back("follows");
  }
  void runAll(Scope& scope) {
    constexpr auto join = [](Scope& all) -> Task<void> { co_await all.join(); };
    loop.run(join(scope));
  }
};

TEST_F(IsolationTest, SuspectsGoOneAtATime) {
  Scope scope;
  scope.spawn(goAlone(*this, "a", 20ms));
  scope.spawn(goAlone(*this, "b", 1ms));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"a begins", "a ends", "b begins", "b ends"}));
}

TEST_F(IsolationTest, NobodyGoesBeforeAllAreRescued) {
  Scope scope;
  scope.spawn(rescue(*this, 30ms));
  scope.spawn(rescue(*this, 60ms));
  scope.spawn(follow(*this));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"rescued", "rescued", "follows"}));
}

// A healthy message was blamed for the death that another one caused beside it.
TEST_F(IsolationTest, WhoGoesAloneIsAloneAmongAllThatWereDeliveredBefore) {
  Scope scope;
  scope.spawn(goTogether(*this, 20ms));
  scope.spawn(goAlone(*this, "a", 20ms));
  scope.spawn(follow(*this));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"together ends", "a begins", "a ends", "follows"}));
}

// A slow disk let a suspect go on beside others after two seconds, and it was blamed for their
// deaths.
TEST_F(IsolationTest, AloneAndTheOthersWaitForEachOtherForSecondsToo) {
  Scope scope;
  scope.spawn(goTogether(*this, 2'200ms));
  scope.spawn(goAlone(*this, "a", 2'200ms));
  scope.spawn(follow(*this));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"together ends", "a begins", "a ends", "follows"}));
}

TEST_F(IsolationTest, WhileMessagesStillComeBackASuspectWaitsForThem) {
  const MonoTime start = clock.mono();
  isolation.delivered();
  Scope scope;
  scope.spawn(goAlone(*this, "a", 0ms));
  runAll(scope);
  EXPECT_GE(clock.mono() - start, 100ms);
}

TEST_F(IsolationTest, ButNotForEver) {
  Scope scope;
  constexpr auto noise = [](IsolationTest& self) -> Task<void> {
    while (self.steps.empty()) {
      self.isolation.delivered();
      co_await sleepFor(self.loop, 10ms);
    }
  };
  scope.spawn(noise(*this));
  scope.spawn(goAlone(*this, "a", 0ms));
  runAll(scope);
  EXPECT_EQ(steps.size(), 2u);
}

TEST_F(IsolationTest, AStopEndsEveryWait) {
  std::optional<Isolation::Token> held = isolation.rescue();
  Scope scope;
  scope.spawn(follow(*this));
  scope.spawn(goAlone(*this, "a", 0ms));
  stop.request_stop();
  runAll(scope);
  EXPECT_EQ(steps.size(), 3u);
}

}  // namespace
}  // namespace tidings::delivery
