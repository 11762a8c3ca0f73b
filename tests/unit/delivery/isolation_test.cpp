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
  explicit IsolationTest(IsolationWaits waits = {}) : isolation(loop, waits) {}
  SystemClock clock;
  Loop loop{clock};
  Isolation isolation;
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
  static Task<void> goFirst(IsolationTest& self, Millis takes) {
    const Isolation::Token held = self.isolation.first();
    co_await sleepFor(self.loop, takes);
    self.steps.push_back("first ends");
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

TEST_F(IsolationTest, WhatComesForTheFirstTimeIsWaitedForToo) {
  Scope scope;
  scope.spawn(goFirst(*this, 20ms));
  scope.spawn(goAlone(*this, "a", 0ms));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"first ends", "a begins", "a ends"}));
}

TEST_F(IsolationTest, ThereIsSomethingToWaitForWhileOneIsAloneOrRescued) {
  EXPECT_FALSE(isolation.occupied());
  std::optional<Isolation::Token> token = isolation.rescue();
  EXPECT_TRUE(isolation.occupied());
  token = isolation.first();
  EXPECT_FALSE(isolation.occupied());
  token.reset();
  Scope scope;
  scope.spawn(goAlone(*this, "a", 0ms));
  EXPECT_TRUE(isolation.occupied());
  runAll(scope);
  EXPECT_FALSE(isolation.occupied());
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

struct NewsIsolationTest : IsolationTest {
  NewsIsolationTest() : IsolationTest({.silence = 10'000ms, .longest = 20'000ms}) {}
};

// A busy worker would never be silent.
TEST_F(NewsIsolationTest, TheEndOfANewMessageIsNone) {
  const MonoTime start = clock.mono();
  Scope scope;
  scope.spawn(goFirst(*this, 5ms));
  scope.spawn(goAlone(*this, "a", 0ms));
  runAll(scope);
  EXPECT_LT(clock.mono() - start, 8s);
}

struct PatienceIsolationTest : IsolationTest {
  PatienceIsolationTest() : IsolationTest({.longest = 300ms, .longestForOthers = 400ms}) {}
};

// With half a minute of suspects in line, others began beside the one that was alone.
TEST_F(PatienceIsolationTest, EachOfThoseThatGoAloneIsWaitedFor) {
  Scope scope;
  scope.spawn(goAlone(*this, "a", 250ms));
  scope.spawn(goAlone(*this, "b", 250ms));
  scope.spawn(goAlone(*this, "c", 250ms));
  scope.spawn(follow(*this));
  runAll(scope);
  EXPECT_EQ(steps.back(), "follows");
}

TEST_F(PatienceIsolationTest, FromWhenItBegins) {
  Scope scope;
  scope.spawn(goTogether(*this, 250ms));
  scope.spawn(goAlone(*this, "a", 250ms));
  scope.spawn(follow(*this));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"together ends", "a begins", "a ends", "follows"}));
}

TEST_F(PatienceIsolationTest, ButNoneIsWaitedForWithoutEnd) {
  Scope scope;
  scope.spawn(goAlone(*this, "a", 1'500ms));
  scope.spawn(follow(*this));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"a begins", "follows", "a ends"}));
}

// Each of a thousand new messages would have waited anew while the broker takes no publishes.
TEST_F(PatienceIsolationTest, ARescueIsWaitedForSinceItBegan) {
  Scope scope;
  scope.spawn(rescue(*this, 2'000ms));
  scope.spawn(follow(*this));
  constexpr auto late = [](IsolationTest& self) -> Task<void> {
    while (self.steps.empty()) co_await sleepFor(self.loop, 1ms);
    const MonoTime start = self.clock.mono();
    co_await follow(self);
    EXPECT_LT(self.clock.mono() - start, 200ms);
  };
  scope.spawn(late(*this));
  runAll(scope);
  EXPECT_EQ(steps, (std::vector<std::string>{"follows", "follows", "rescued"}));
}

}  // namespace
}  // namespace tidings::delivery
