#include "runtime/loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "base/clock.h"
#include "runtime/loop_sleep.h"

namespace tidings {
namespace {

TEST(ManualTimers, FireInOrderEachAtItsInstant) {
  ManualClock clock;
  ManualTimers timers(clock);
  std::vector<int> fired;
  const MonoTime start = clock.mono();
  timers.after(Millis{30}, [&] { fired.push_back(30); });
  const TimerId cancelled = timers.after(Millis{20}, [&] { fired.push_back(20); });
  timers.after(Millis{10}, [&] {
    EXPECT_EQ(clock.mono() - start, Millis{10});
    fired.push_back(10);
  });
  timers.cancel(cancelled);
  timers.advance(Millis{25});
  EXPECT_EQ(fired, (std::vector{10}));
  timers.advance(Millis{5});
  EXPECT_EQ(fired, (std::vector{10, 30}));
}

Task<std::vector<int>> sleepy(Loop& loop) {
  std::vector<int> order;
  loop.after(Millis{4}, [&order] { order.push_back(4); });
  loop.after(Millis{2}, [&order] { order.push_back(2); });
  loop.cancel(loop.after(Millis{1}, [&order] { order.push_back(1); }));
  co_await sleepFor(loop, Millis{8});
  co_return order;
}

TEST(Loop, TimersFireInOrderAndCanBeCancelled) {
  SystemClock clock;
  Loop loop(clock);
  EXPECT_EQ(loop.run(sleepy(loop)), (std::vector{2, 4}));
}

Task<bool> cutShort(Loop& loop, std::stop_source& stop) {
  loop.after(Millis{1}, [&stop] { stop.request_stop(); });
  co_return co_await sleepFor(loop, Millis{20'000}, stop.get_token());
}

TEST(Loop, AStopEndsASleep) {
  SystemClock clock;
  Loop loop(clock);
  std::stop_source stop;
  EXPECT_FALSE(loop.run(cutShort(loop, stop)));
}

Task<std::optional<int>> waitFor(Loop& loop, std::shared_ptr<OneShot<int>> shot, Millis wait) {
  co_return co_await shot->waitUntil(Deadline::after(loop.clock(), wait));
}

TEST(OneShot, GivesTheValueOrNothingAtTheDeadline) {
  SystemClock clock;
  Loop loop(clock);
  auto answered = std::make_shared<OneShot<int>>(loop);
  loop.after(Millis{1}, [answered] { answered->set(42); });
  EXPECT_EQ(loop.run(waitFor(loop, answered, Millis{20'000})), 42);

  auto late = std::make_shared<OneShot<int>>(loop);
  EXPECT_EQ(loop.run(waitFor(loop, late, Millis{1})), std::nullopt);
  late->set(1);  // too late: ignored, and nothing is resumed
  EXPECT_FALSE(late->isSet());
}

Task<int> elsewhere(Loop& loop) {
  const auto loopThread = std::this_thread::get_id();
  const bool other =
      co_await loop.offload([loopThread] { return std::this_thread::get_id() != loopThread; });
  co_return other&& std::this_thread::get_id() == loopThread ? 1 : 0;
}

TEST(Loop, OffloadRunsOnAnotherThreadAndResumesHere) {
  SystemClock clock;
  Loop loop(clock);
  EXPECT_EQ(loop.run(elsewhere(loop)), 1);
}

Task<int> throughPipe(Loop& loop, int readFd, int writeFd) {
  auto got = std::make_shared<OneShot<int>>(loop);
  auto watch = loop.watch(readFd, [got, readFd](bool readable, bool) {
    char byte = 0;
    if (readable && ::read(readFd, &byte, 1) == 1) got->set(byte);
  });
  watch->want(true, false);
  loop.postFromThread([writeFd] { EXPECT_EQ(::write(writeFd, "!", 1), 1); });
  const auto answer = co_await got->waitUntil(Deadline::after(loop.clock(), Millis{20'000}));
  co_return answer.value_or(-1);
}

TEST(Loop, WatchesDescriptorsAndTakesCallsFromThreads) {
  SystemClock clock;
  Loop loop(clock);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(loop.run(throughPipe(loop, ends[0], ends[1])), '!');
  ::close(ends[0]);
  ::close(ends[1]);
}

// Reads one byte whenever it may; true once the end was read.
Task<bool> readToTheEnd(Loop& loop, int fd) {
  auto end = std::make_shared<OneShot<bool>>(loop);
  std::unique_ptr<FdWatch> watch;
  watch = loop.watch(fd, [end, fd, &watch](bool, bool) {
    char byte = 0;
    if (::recv(fd, &byte, 1, MSG_DONTWAIT) != 1) end->set(errno == ECONNRESET);
    watch->want(true, false);
  });
  watch->want(true, false);
  const auto came = co_await end->waitUntil(Deadline::after(loop.clock(), Millis{20'000}));
  co_return came.value_or(false);
}

TEST(Loop, TheEndOfASocketIsSeenThoughAnErrorCameWithItsLastData) {
  SystemClock clock;
  Loop loop(clock);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ASSERT_EQ(::write(ends[0], "never read", 10), 10);  // closing over it resets the connection
  ASSERT_EQ(::write(ends[1], "bye", 3), 3);
  ::close(ends[1]);
  EXPECT_TRUE(loop.run(readToTheEnd(loop, ends[0])));
  ::close(ends[0]);
}

Task<bool> signalled(Loop& loop) {
  OneShot<bool> got(loop);
  loop.onSignal(SIGUSR1, [&got] { got.set(true); });
  std::raise(SIGUSR1);
  const auto answer = co_await got.waitUntil(Deadline::after(loop.clock(), Millis{20'000}));
  co_return answer.has_value();
}

TEST(Loop, HandlesSignals) {
  SystemClock clock;
  Loop loop(clock);
  EXPECT_TRUE(loop.run(signalled(loop)));
}

TEST(Loop, TurnEndRunsAfterTheTurnsWork) {
  SystemClock clock;
  Loop loop(clock);
  std::vector<char> order;
  loop.onTurnEnd([&order] { order.push_back('e'); });
  loop.post([&order] { order.push_back('a'); });
  loop.post([&order] { order.push_back('b'); });
  constexpr auto nap = [](Loop& on) -> Task<void> { co_await sleepFor(on, Millis{1}); };
  loop.run(nap(loop));
  ASSERT_GE(order.size(), 3u);
  EXPECT_EQ((std::vector{order[0], order[1], order[2]}), (std::vector{'a', 'b', 'e'}));
}

}  // namespace
}  // namespace tidings
