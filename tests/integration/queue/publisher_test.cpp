#include "queue/publisher.h"

#include "integration/queue/broker.h"
#include "queue/declare.h"
#include "runtime/scope.h"

namespace tidings::queue {
namespace {

using PublisherTest = BrokerTest;

Publisher::Options publishing() {
  Publisher::Options options;
  options.amqp = BrokerTest::settings();
  return options;
}

Task<void> send(Publisher& publisher, Outgoing message, Deadline deadline,
                std::vector<Status>& answers) {
  Status answer = co_await publisher.publish(std::move(message), deadline);
  answers.push_back(std::move(answer));
}

Task<void> confirmsMany(BrokerTest& test) {
  const std::string queue = test.name("confirms");
  co_await test.declare(queue);
  Publisher publisher(test.loop, publishing());
  publisher.start();
  std::vector<Status> answers;
  Scope scope;
  for (int i = 0; i < 5000; ++i) {
    Outgoing message{"", queue, std::string(1000, 'x'), {}};
    scope.spawn(send(publisher, std::move(message), test.soon(), answers));
  }
  EXPECT_TRUE(co_await test.until([&] {
    EXPECT_LE(publisher.stats().unconfirmed, 1000u);
    return answers.size() == 5000;
  }));
  for (const Status& answer : answers) EXPECT_TRUE(answer.ok());
  EXPECT_EQ(publisher.stats().confirmed, 5000u);
  co_await scope.join();
  co_await publisher.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 5000u);
  co_await test.remove(queue);
}
TEST_F(PublisherTest, EveryPublishIsConfirmedWithinTheWindow) { loop.run(confirmsMany(*this)); }

Task<void> returned(BrokerTest& test) {
  const std::string queue = test.name("there");
  co_await test.declare(queue);
  int missing = 0;
  Publisher::Options options = publishing();
  options.onMissing = [&missing] { ++missing; };
  Publisher publisher(test.loop, std::move(options));
  publisher.start();
  std::vector<Status> good, bad;
  Scope scope;
  for (int i = 0; i < 50; ++i) {
    Outgoing there{"", queue, "same body", {}};
    Outgoing nowhere{"", queue + "-not", "same body", {}};
    scope.spawn(send(publisher, std::move(there), test.soon(), good));
    scope.spawn(send(publisher, std::move(nowhere), test.soon(), bad));
  }
  co_await scope.join();
  for (const Status& answer : good) EXPECT_TRUE(answer.ok());
  for (const Status& answer : bad) {
    EXPECT_EQ(kindOf(answer), ErrorKind::transient);
  }
  EXPECT_EQ(bad.size(), 50u);
  EXPECT_NE(bad[0].error().message.find("NO_ROUTE"), std::string::npos) << bad[0].error().message;
  EXPECT_EQ(publisher.stats().returned, 50u);
  EXPECT_EQ(missing, 1);
  co_await publisher.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 50u);
  co_await test.remove(queue);
}
TEST_F(PublisherTest, AReturnedMessageIsAFailureAndItsNeighboursAreNot) {
  loop.run(returned(*this));
}

// Larger than what a channel keeps of a message unless it is told to.
Task<void> largeReturned(BrokerTest& test) {
  Publisher publisher(test.loop, publishing());
  publisher.start();
  Outgoing nowhere{"", test.name("not"), std::string(17 << 20, 'L'), {}};
  const Status answer = co_await publisher.publish(std::move(nowhere), test.soon());
  EXPECT_EQ(kindOf(answer), ErrorKind::transient);
  EXPECT_EQ(publisher.stats().wire.connects, 1u);
  co_await publisher.close(test.soon());
}
TEST_F(PublisherTest, AReturnedMessageIsAFailureHoweverLarge) { loop.run(largeReturned(*this)); }

Task<void> missingExchange(BrokerTest& test) {
  const std::string queue = test.name("exchange");
  co_await test.declare(queue);
  Publisher publisher(test.loop, publishing());
  publisher.start();
  std::vector<Status> good, bad;
  Scope scope;
  for (int i = 0; i < 20; ++i) {
    Outgoing there{"", queue, "x", {}};
    Outgoing nowhere{test.name("no-exchange"), queue, "x", {}};
    scope.spawn(send(publisher, std::move(there), test.soon(), good));
    if (i == 10) scope.spawn(send(publisher, std::move(nowhere), test.soon(), bad));
  }
  co_await scope.join();
  for (const Status& answer : good) EXPECT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(bad.size(), 1u);
  EXPECT_EQ(bad[0].error().kind, ErrorKind::transient);
  EXPECT_NE(bad[0].error().message.find("NOT_FOUND"), std::string::npos) << bad[0].error().message;
  EXPECT_EQ(publisher.stats().wire.connects, 1u);
  co_await publisher.close(test.soon());
  EXPECT_GE(co_await test.depth(queue), 20u);  // what was unconfirmed was sent again
  co_await test.remove(queue);
}
TEST_F(PublisherTest, AMissingExchangeFailsItsMessageAndNoOther) {
  loop.run(missingExchange(*this));
}

Task<void> noOtherRecipients(BrokerTest& test) {
  const std::string queue = test.name("meant"), other = test.name("other");
  co_await test.declare(queue);
  co_await test.declare(other);
  Publisher publisher(test.loop, publishing());
  publisher.start();
  for (const char* header : {"CC", "BCC"}) {
    Outgoing message{"", queue, "x", {}};
    message.properties.headers.emplace_back(header, amqp::Array{other});
    EXPECT_TRUE((co_await publisher.publish(std::move(message), test.soon())).ok());
  }
  co_await publisher.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 2u);
  EXPECT_EQ(co_await test.depth(other), 0u);
  co_await test.remove(queue);
  co_await test.remove(other);
}
TEST_F(PublisherTest, AMessageGoesToNobodyThatItsHeadersName) {
  loop.run(noOtherRecipients(*this));
}

amqp::Table oneMessageAtMost() {
  return {{"x-queue-type", std::string("classic")},
          {"x-max-length", int64_t{1}},
          {"x-overflow", std::string("reject-publish")}};
}

Task<void> refusedByLimit(BrokerTest& test) {
  const std::string queue = test.name("full");
  amqp::Counters counters;
  const amqp::Settings where = BrokerTest::settings();
  auto connection = co_await amqp::connectAny(test.loop, where, counters, test.soon());
  EXPECT_TRUE(connection.ok());
  Declarer declarer(**connection);
  amqp::QueueSpec spec{queue, false, oneMessageAtMost()};
  EXPECT_TRUE((co_await declarer.queue(std::move(spec))).ok());
  Publisher publisher(test.loop, publishing());
  publisher.start();
  Outgoing first{"", queue, "x", {}};
  Outgoing second{"", queue, "x", {}};
  EXPECT_TRUE((co_await publisher.publish(std::move(first), test.soon())).ok());
  const Status refused = co_await publisher.publish(std::move(second), test.soon());
  EXPECT_EQ(kindOf(refused), ErrorKind::transient);
  EXPECT_EQ(publisher.stats().nacked, 1u);
  co_await publisher.close(test.soon());
  co_await test.remove(queue);
}
TEST_F(PublisherTest, ANackIsATransientFailure) { loop.run(refusedByLimit(*this)); }

Task<void> largeMessage(BrokerTest& test) {
  const std::string queue = test.name("large");
  co_await test.declare(queue);
  Publisher publisher(test.loop, publishing());
  publisher.start();
  Outgoing large{"", queue, std::string(16 << 20, 'L'), {}};
  EXPECT_TRUE((co_await publisher.publish(std::move(large), test.soon())).ok());
  Outgoing tooManyHeaders{"", queue, "x", {}};
  tooManyHeaders.properties.headers.emplace_back("h", std::string(200'000, 'h'));
  const Status refused = co_await publisher.publish(std::move(tooManyHeaders), test.soon());
  EXPECT_EQ(kindOf(refused), ErrorKind::permanent);
  Outgoing after{"", queue, "x", {}};
  EXPECT_TRUE((co_await publisher.publish(std::move(after), test.soon())).ok());
  EXPECT_EQ(publisher.stats().wire.connects, 1u);
  co_await publisher.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 2u);
  co_await test.remove(queue);
}
TEST_F(PublisherTest, LargeMessagesPassAndImpossibleOnesAreRefusedHere) {
  loop.run(largeMessage(*this));
}

Task<void> nobodyThere(BrokerTest& test) {
  Publisher::Options options = publishing();
  options.amqp.endpoints[0].port = 1;  // nothing listens there
  Publisher publisher(test.loop, std::move(options));
  publisher.start();
  Outgoing message{"", "q", "x", {}};
  const Deadline brief = Deadline::after(test.loop.clock(), Millis{100});
  const Status answer = co_await publisher.publish(std::move(message), brief);
  EXPECT_EQ(kindOf(answer), ErrorKind::timeout);
  EXPECT_EQ(publisher.stats().waiting, 0u);
  co_await publisher.close(Deadline::after(test.loop.clock(), Millis{50}));
  Outgoing late{"", "q", "x", {}};
  const Status closed = co_await publisher.publish(std::move(late), test.soon());
  EXPECT_EQ(kindOf(closed), ErrorKind::cancelled);
}
TEST_F(PublisherTest, WithoutABrokerAPublishEndsAtItsDeadlineAndIsNotKept) {
  loop.run(nobodyThere(*this));
}

Task<void> stopped(BrokerTest& test) {
  std::stop_source stop;
  Publisher::Options options = publishing();
  options.amqp.endpoints[0].port = 1;  // nothing listens there
  options.stop = stop.get_token();
  Publisher publisher(test.loop, std::move(options));
  publisher.start();
  std::vector<Status> answers;
  Scope scope;
  Outgoing message{"", "q", "x", {}};
  scope.spawn(send(publisher, std::move(message), test.soon(), answers));
  EXPECT_TRUE(co_await test.until([&] { return publisher.stats().waiting == 1; }));
  stop.request_stop();
  EXPECT_TRUE(co_await test.until([&] { return !answers.empty(); }, hang / 3));
  co_await scope.join();
  EXPECT_EQ(kindOf(answers[0]), ErrorKind::cancelled);
  co_await publisher.close(Deadline::after(test.loop.clock(), Millis{50}));
}
// A worker that was told to stop waited for the deadlines of its publishes.
TEST_F(PublisherTest, AtTheStopWhateverWaitsIsGivenUpAtOnce) { loop.run(stopped(*this)); }

}  // namespace
}  // namespace tidings::queue
