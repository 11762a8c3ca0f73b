#include "runtime/task.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/clock.h"
#include "runtime/loop.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"

namespace tidings {
namespace {

Task<int> mark(bool& started) {
  started = true;
  co_return 7;
}

TEST(Task, DoesNotStartUntilAwaited) {
  SystemClock clock;
  Loop loop(clock);
  bool started = false;
  Task<int> task = mark(started);
  EXPECT_FALSE(started);
  EXPECT_EQ(loop.run(std::move(task)), 7);
  EXPECT_TRUE(started);
}

Task<int> down(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await down(depth - 1);
}

TEST(Task, LongChainsDoNotGrowTheStack) {
  SystemClock clock;
  Loop loop(clock);
#ifdef __SANITIZE_ADDRESS__
  // Without tail calls (as under sanitizers) symmetric transfer does use the stack.
  EXPECT_EQ(loop.run(down(1'000)), 1'000);
#else
  EXPECT_EQ(loop.run(down(100'000)), 100'000);
#endif
}

Task<int> fail() {
  throw std::runtime_error("boom");
  co_return 0;
}

TEST(Task, ExceptionsReachTheAwaiter) {
  SystemClock clock;
  Loop loop(clock);
  EXPECT_THROW(loop.run(fail()), std::runtime_error);
}

TEST(Task, DroppedWithoutAwaitingFreesItsFrame) {
  auto alive = std::make_shared<int>(1);
  {
    constexpr auto hold = [](std::shared_ptr<int> value) -> Task<int> { co_return *value; };
    Task<int> task = hold(alive);
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

TEST(Semaphore, LetsInNoMoreThanItsPlaces) {
  SystemClock clock;
  Loop loop(clock);
  Semaphore semaphore(loop, 2);
  Scope scope;
  int inside = 0, most = 0, through = 0;
  constexpr auto visit = [](Loop& on, Semaphore& gate, int& now, int& peak,
                            int& count) -> Task<void> {
    const auto permit = co_await gate.acquire();
    peak = std::max(peak, ++now);
    co_await sleepFor(on, Millis{1});
    --now;
    ++count;
  };
  for (int i = 0; i < 7; ++i) scope.spawn(visit(loop, semaphore, inside, most, through));
  constexpr auto all = [](Scope& work) -> Task<void> { co_await work.join(); };
  loop.run(all(scope));
  EXPECT_EQ(through, 7);
  EXPECT_EQ(most, 2);
  EXPECT_EQ(semaphore.available(), 2u);
}

}  // namespace
}  // namespace tidings
