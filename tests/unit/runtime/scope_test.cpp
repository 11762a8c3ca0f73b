#include "runtime/scope.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/clock.h"
#include "runtime/loop.h"
#include "runtime/loop_sleep.h"

namespace tidings {
namespace {

Task<void> join(Scope& scope) { co_await scope.join(); }

Task<void> count(Loop& loop, int& finished) {
  co_await sleepFor(loop, Millis{1});
  ++finished;
}

TEST(Scope, JoinWaitsForAllThatWasSpawned) {
  SystemClock clock;
  Loop loop(clock);
  Scope scope;
  int finished = 0;
  for (int i = 0; i < 100; ++i) scope.spawn(count(loop, finished));
  EXPECT_EQ(scope.running(), 100u);
  loop.run(join(scope));
  EXPECT_EQ(finished, 100);
  loop.run(join(scope));  // joining an empty scope ends at once
}

Task<void> broken() {
  throw std::logic_error("a bug");
  co_return;
}

TEST(Scope, ReportsAnEscapedExceptionAndGoesOn) {
  SystemClock clock;
  Loop loop(clock);
  int bugs = 0;
  Scope scope([&bugs](std::exception_ptr) { ++bugs; });
  scope.spawn(broken());
  loop.run(join(scope));
  EXPECT_EQ(bugs, 1);
}

}  // namespace
}  // namespace tidings
