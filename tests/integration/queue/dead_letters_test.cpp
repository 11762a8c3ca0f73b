#include "queue/dead_letters.h"

#include "integration/queue/broker.h"
#include "runtime/loop_sleep.h"

namespace tidings::queue {
namespace {

using DeadLettersTest = BrokerTest;

// So little room that reading pauses after the second letter.
DeadLetters::Options cramped(const std::string& queue) {
  DeadLetters::Options options;
  options.amqp = BrokerTest::settings();
  options.queue = queue;
  options.aheadBytes = 1000;
  return options;
}

// How many of `most` letters came.
Task<int> readLetters(BrokerTest& test, DeadLetters& letters, int most) {
  int read = 0;
  for (; read < most; ++read) {
    const auto letter = co_await letters.next(static_cast<uint64_t>(most - read), test.soon());
    if (!letter.ok()) ADD_FAILURE() << letter.error().message;
    if (!letter.ok() || !*letter) break;
  }
  co_return read;
}

// What goes back needs a moment.
Task<bool> holds(BrokerTest& test, std::string queue, size_t count) {
  const Deadline cap = test.soon();
  while (co_await test.depth(queue) != count) {
    if (cap.passed(test.loop.clock())) co_return false;
    co_await sleepFor(test.loop, Millis{10});
  }
  co_return true;
}

Task<void> askedWhileFull(BrokerTest& test) {
  const std::string queue = test.name("dead");
  co_await test.declare(queue);
  co_await test.put(queue, std::vector<std::string>(40, std::string(600, 'd')));
  DeadLetters letters(test.loop, cramped(queue));
  EXPECT_TRUE((co_await letters.open(test.soon())).ok());
  EXPECT_EQ(co_await readLetters(test, letters, 40), 40);
  EXPECT_TRUE((co_await letters.close(test.soon())).ok());
  EXPECT_TRUE(co_await holds(test, queue, 40));
  co_await test.remove(queue);
}
TEST_F(DeadLettersTest, QuestionsAreAnsweredWhileReadingWouldPause) {
  loop.run(askedWhileFull(*this));
}

Task<void> closedWhileFull(BrokerTest& test) {
  const std::string queue = test.name("dead");
  co_await test.declare(queue);
  co_await test.put(queue, std::vector<std::string>(40, std::string(600, 'd')));
  DeadLetters letters(test.loop, cramped(queue));
  EXPECT_TRUE((co_await letters.open(test.soon())).ok());
  const auto first = co_await letters.next(40, test.soon());  // others are sent with it
  EXPECT_TRUE(first.ok() && *first);
  if (first.ok() && *first) EXPECT_TRUE(letters.ack((*first)->tag));
  const Status closed = co_await letters.close(test.soon());
  EXPECT_TRUE(closed.ok()) << (closed.ok() ? "" : closed.error().message);
  EXPECT_TRUE(co_await holds(test, queue, 39));
  co_await test.remove(queue);
}
TEST_F(DeadLettersTest, AcksAreSettledAtTheEndWhileReadingWouldPause) {
  loop.run(closedWhileFull(*this));
}

}  // namespace
}  // namespace tidings::queue
