#include "queue/intake.h"

#include <algorithm>

#include "amqp/content_codec.h"
#include "amqp/frame.h"
#include "amqp/handshake.h"
#include "integration/queue/broker.h"
#include "queue/headers.h"

namespace tidings::queue {
namespace {

using IntakeTest = BrokerTest;

Task<void> consumeAndAck(BrokerTest& test) {
  const std::string queue = test.name("intake");
  std::vector<std::string> sent;
  for (int i = 0; i < 20; ++i) sent.push_back("message " + std::to_string(i));
  co_await test.declare(queue);
  co_await test.put(queue, sent);
  Inbox inbox(test, consuming(queue));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 20; }));
  EXPECT_EQ(inbox.bodies(), sent);
  for (const Incoming& message : inbox.messages) inbox.intake.ack(message.ticket);
  co_await inbox.intake.close(test.soon());
  EXPECT_EQ(inbox.intake.stats().ackFrames, 1u);
  EXPECT_EQ(co_await test.depth(queue), 0u);
  co_await test.remove(queue);
}
TEST_F(IntakeTest, AcksATurnsMessagesWithOneFrame) { loop.run(consumeAndAck(*this)); }

Task<void> unackedComesAgain(BrokerTest& test) {
  const std::string queue = test.name("again");
  co_await test.declare(queue);
  co_await test.put(queue, texts("kept", "acked"));
  {
    Inbox first(test, consuming(queue));
    first.intake.start();
    EXPECT_TRUE(co_await test.until([&] { return first.messages.size() == 2; }));
    first.intake.ack(first.messages[1].ticket);  // out of order: the first stays unacked
    first.intake.ack(first.messages[1].ticket);  // a second use counts for nothing
    EXPECT_EQ(first.intake.stats().stale, 1u);
    co_await first.intake.close(test.soon());
  }
  Inbox second(test, consuming(queue));
  second.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return !second.messages.empty(); }));
  EXPECT_EQ(second.bodies(), texts("kept"));
  EXPECT_TRUE(second.messages[0].redelivered);
  EXPECT_EQ(second.messages[0].deliveryCount, 1);
  second.intake.requeue(second.messages[0].ticket);
  EXPECT_TRUE(co_await test.until([&] { return second.messages.size() == 2; }));
  second.intake.ack(second.messages[1].ticket);
  co_await second.intake.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 0u);
  co_await test.remove(queue);
}
TEST_F(IntakeTest, WhatIsNotAckedIsDeliveredAgain) { loop.run(unackedComesAgain(*this)); }

Task<void> bounded(BrokerTest& test) {
  const std::string queue = test.name("prefetch");
  co_await test.declare(queue);
  co_await test.put(queue, std::vector<std::string>(8, "x"));
  Inbox inbox(test, consuming(queue, 3));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 3; }));
  EXPECT_FALSE(co_await test.until([&] { return inbox.messages.size() > 3; }, Millis{200}));
  inbox.intake.ack(inbox.messages[1].ticket);  // not held up by the unacked one before it
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 4; }));
  co_await inbox.intake.close(test.soon());
  co_await test.remove(queue);
}
TEST_F(IntakeTest, TakesNoMoreThanItsPrefetchAndASlowMessageHoldsUpNoOther) {
  loop.run(bounded(*this));
}

Task<void> queueAppears(BrokerTest& test) {
  const std::string queue = test.name("missing");
  Inbox inbox(test, consuming(queue));
  inbox.intake.start();  // declares it
  EXPECT_TRUE(co_await test.until([&] { return inbox.intake.connected(); }));
  co_await test.put(queue, texts("one"));
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 1; }));
  co_await test.remove(queue);
  EXPECT_TRUE(co_await test.until([&] { return !inbox.intake.connected(); }));
  EXPECT_TRUE(co_await test.until([&] { return inbox.intake.connected(); }));
  co_await test.put(queue, texts("two"));
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 2; }));
  inbox.intake.ack(inbox.messages[0].ticket);  // of the queue that is gone: harmless
  inbox.intake.ack(inbox.messages[1].ticket);
  co_await inbox.intake.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 0u);
  EXPECT_EQ(inbox.intake.stats().wire.connects, 1u);
  co_await test.remove(queue);
}
TEST_F(IntakeTest, DeclaresAMissingQueueAndConsumesAgainAfterItWasDeleted) {
  loop.run(queueAppears(*this));
}

amqp::Properties manyProperties() {
  amqp::Properties sent;
  sent.contentType = "application/json";
  sent.messageId = "id-1";
  sent.correlationId = "c";
  sent.appId = "app";
  sent.type = "t";
  sent.replyTo = "r";
  sent.priority = 7;
  sent.timestamp = 1'700'000'000;
  // In the order of their names, into which RabbitMQ 4 brings them.
  sent.headers = {{"nested", amqp::Table{{"list", amqp::Array{int64_t{-5}, true, 0.5}}}},
                  {"traceparent", std::string("00-1-2-01")}};
  return sent;
}

Task<void> propertiesSurvive(BrokerTest& test) {
  const std::string queue = test.name("properties");
  co_await test.declare(queue);
  const amqp::Properties sent = manyProperties();
  co_await test.putOne(queue, "{}", sent);
  Inbox inbox(test, consuming(queue));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 1; }));
  amqp::Properties received = inbox.messages[0].properties;
  std::ranges::sort(received.headers, {}, &amqp::Table::value_type::first);
  EXPECT_EQ(received, sent);
  EXPECT_FALSE(inbox.messages[0].truncated);
  inbox.intake.ack(inbox.messages[0].ticket);
  co_await inbox.intake.close(test.soon());
  co_await test.remove(queue);
}
TEST_F(IntakeTest, PropertiesAndHeadersArriveAsTheyWereSent) { loop.run(propertiesSurvive(*this)); }

// So many headers that the frame they make is as large as may be sent.
amqp::Properties headersOfAFrame() {
  amqp::Properties properties;
  std::string bytes;
  properties.headers = {{"h", std::string()}};
  amqp::encodeContentHeader(bytes, 1, properties);
  const size_t room = amqp::wantedFrame - amqp::frameOverhead - bytes.size();
  properties.headers = {{"h", std::string(room, 'h')}};
  return properties;
}

Task<void> headersGrow(BrokerTest& test) {
  const std::string queue = test.name("headers");
  co_await test.declare(queue);
  const amqp::Properties sent = headersOfAFrame();
  co_await test.putOne(queue, "x", sent);
  Inbox inbox(test, consuming(queue));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 1; }));
  inbox.intake.requeue(inbox.messages[0].ticket);  // the broker adds its count of deliveries
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 2; }));
  const Incoming again = inbox.messages.back();
  EXPECT_EQ(again.deliveryCount, 1);
  EXPECT_EQ(*amqp::findText(again.properties.headers, "h"), *amqp::findText(sent.headers, "h"));
  EXPECT_EQ(inbox.intake.stats().wire.connects, 1u);
  inbox.intake.ack(again.ticket);
  co_await inbox.intake.close(test.soon());
  co_await test.remove(queue);
}
TEST_F(IntakeTest, HeadersThatTheBrokerMadeLargerThanAFrameArrive) { loop.run(headersGrow(*this)); }

Task<void> largeBodies(BrokerTest& test) {
  const std::string queue = test.name("large");
  co_await test.declare(queue);
  const std::string kept(3 << 20, 'k'), cut(5 << 20, 'c');
  co_await test.put(queue, texts(kept, kept, cut, "", "small"));
  Intake::Options options = consuming(queue);
  options.keepBody = 4 << 20;
  options.cutTo = 1000;
  options.largeBodies = 2 << 20;
  Inbox inbox(test, std::move(options));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 1; }));
  // Over the budget: nothing more is read until it is finished.
  EXPECT_FALSE(co_await test.until([&] { return inbox.messages.size() > 1; }, Millis{200}));
  EXPECT_TRUE(inbox.messages[0].body == kept);
  inbox.intake.ack(inbox.messages[0].ticket);
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 2; }));
  inbox.intake.ack(inbox.messages[1].ticket);
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 5; }));
  EXPECT_EQ(inbox.messages[2].body, cut.substr(0, 1000));
  EXPECT_TRUE(inbox.messages[2].truncated);
  EXPECT_EQ(inbox.messages[2].bodySize, cut.size());
  EXPECT_EQ(inbox.messages[3].body, "");
  EXPECT_EQ(inbox.messages[4].body, "small");
  co_await inbox.intake.close(test.soon());
  co_await test.remove(queue);
}
TEST_F(IntakeTest, LargeBodiesAreBoundedByABudgetAndTheLargestAreCut) {
  loop.run(largeBodies(*this));
}

Task<void> stopEarly(BrokerTest& test) {
  const std::string queue = test.name("stop");
  {
    Inbox inbox(test, consuming(queue));
    inbox.intake.start();
    inbox.intake.stop();  // while it connects
    inbox.intake.stop();
    co_await inbox.intake.close(test.soon());
  }
  co_await test.declare(queue);
  Inbox inbox(test, consuming(queue));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.intake.connected(); }));
  co_await test.put(queue, texts("before"));
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 1; }));
  inbox.intake.stop();
  EXPECT_TRUE(co_await test.until([&] { return !inbox.intake.connected(); }));
  co_await test.put(queue, texts("after"));
  inbox.intake.ack(inbox.messages[0].ticket);
  co_await inbox.intake.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 1u);
  EXPECT_EQ(inbox.messages.size(), 1u);
  co_await test.remove(queue);
}
TEST_F(IntakeTest, AfterAStopNothingIsTakenAndAcksStillCount) { loop.run(stopEarly(*this)); }

Task<void> refused(BrokerTest& test) {
  std::vector<std::string> told;
  Intake::Options options = consuming("any");
  options.amqp.endpoints[0].password = "wrong-secret";
  options.onNotice = [&told](const amqp::Notice& notice) { told.push_back(notice.text); };
  Inbox inbox(test, std::move(options));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return !told.empty(); }));
  EXPECT_NE(told[0].find("ACCESS_REFUSED"), std::string::npos) << told[0];
  EXPECT_EQ(told[0].find("wrong-secret"), std::string::npos) << told[0];
  co_await inbox.intake.close(test.soon());
}
TEST_F(IntakeTest, ARefusedLoginIsToldWithTheBrokersWordsAndWithoutThePassword) {
  loop.run(refused(*this));
}

Task<void> severalHosts(BrokerTest& test) {
  const std::string queue = test.name("hosts");
  Intake::Options options = consuming(queue);
  options.amqp.endpoints.push_back(options.amqp.endpoints[0]);
  options.amqp.endpoints[0].port = 1;  // nothing listens there
  options.amqp.endpoints[1].host = "localhost";
  Inbox inbox(test, std::move(options));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.intake.connected(); }));
  co_await inbox.intake.close(test.soon());
  co_await test.remove(queue);
}
TEST_F(IntakeTest, OfSeveralHostsOneIsEnough) { loop.run(severalHosts(*this)); }

}  // namespace
}  // namespace tidings::queue
