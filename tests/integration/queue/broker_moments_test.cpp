// What follows when the broker does something at a moment that can't be chosen with a real one.
#include "integration/queue/broker.h"
#include "integration/queue/fake_broker.h"

namespace tidings::queue {
namespace {

using namespace std::string_literals;
using BrokerMomentsTest = BrokerTest;

// Closes the channel of a consumer that it has cancelled, when the queue is asked for again.
struct CancelsThenCloses {
  bool operator()(FakeBroker& self, uint16_t channel, uint32_t method) {
    if (method == FakeBroker::consume && self.count(method) == 1) {
      consumer = channel;
      self.sendMethod(channel, FakeBroker::consume + 1, "\0"s);
      self.sendMethod(channel, FakeBroker::cancel, "\0\0"s);
      return true;
    }
    if (method == FakeBroker::declare && consumer != 0) {
      self.sendMethod(std::exchange(consumer, uint16_t{0}), FakeBroker::channelClose,
                      "\x01\x96\0\0\0\0\0"s);  // 406
    }
    return false;
  }
  uint16_t consumer = 0;
};

Task<void> closedAfterItsCancel(BrokerTest& test) {
  FakeBroker broker(test.loop, CancelsThenCloses{});
  Intake::Options options = consuming("q");
  options.amqp = broker.settings();
  Inbox inbox(test, std::move(options));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until(
      [&] { return inbox.intake.connected() && broker.count(FakeBroker::consume) > 1; }));
  EXPECT_EQ(broker.count(FakeBroker::channelClose + 1), 1);  // agreed to
  EXPECT_EQ(broker.count(FakeBroker::consume), 2) << "twice on one channel ends the connection";
  EXPECT_EQ(inbox.intake.stats().wire.connects, 1u);
  co_await inbox.intake.close(test.soon());
}
TEST_F(BrokerMomentsTest, AChannelThatIsClosedAfterItsConsumerWasCancelledIsReplacedOnce) {
  loop.run(closedAfterItsCancel(*this));
}

// Returns what nobody has sent, before it confirms the first message.
bool returnsAStrangers(FakeBroker& self, uint16_t channel, uint32_t method) {
  if (method != FakeBroker::publish) return false;
  if (self.count(method) == 1) {
    self.sendMethod(channel, FakeBroker::returned, "\x01\x38\x08NO_ROUTE\0\x01q"s);
    self.sendContent(channel, "a stranger's");
  }
  self.sendMethod(channel, FakeBroker::ack, "\0\0\0\0\0\0\0\x01\0"s);
  return true;
}

Task<void> unknownReturned(BrokerTest& test) {
  FakeBroker broker(test.loop, returnsAStrangers);
  Publisher::Options options;
  options.amqp = broker.settings();
  Publisher publisher(test.loop, std::move(options));
  publisher.start();
  Outgoing message{"", "q", "ours", {}};
  EXPECT_TRUE((co_await publisher.publish(std::move(message), test.soon())).ok());
  EXPECT_EQ(broker.count(FakeBroker::publish), 2) << "the first confirm is not to be believed";
  EXPECT_EQ(publisher.stats().wire.connects, 2u);
  co_await publisher.close(test.soon());
}
TEST_F(BrokerMomentsTest, NothingIsConfirmedOnceAnUnknownMessageCameBack) {
  loop.run(unknownReturned(*this));
}

constexpr int prefetched = 2;

// Each time that it is consumed it delivers as many as it may.
bool deliversAll(FakeBroker& self, uint16_t channel, uint32_t method) {
  if (method != FakeBroker::consume) return false;
  self.sendMethod(channel, method + 1, "\0"s);
  for (char tag = 1; tag <= prefetched; ++tag) {
    self.sendMethod(channel, FakeBroker::deliver, "\0\0\0\0\0\0\0\0"s + tag + "\0\0\x01q"s);
    self.sendContent(channel, "x");
  }
  return true;
}

Task<void> connectionFlaps(BrokerTest& test) {
  FakeBroker broker(test.loop, deliversAll);
  Inbox* all = nullptr;
  size_t done = 0;
  Intake::Options options = consuming("q", prefetched);
  options.amqp = broker.settings();
  options.underWay = [&] { return all->messages.size() - done; };
  Inbox inbox(test, std::move(options));
  all = &inbox;
  const auto lose = [&] {
    broker.sendMethod(0, FakeBroker::connectionClose, "\x01\x40\0\0\0\0\0"s);
  };
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 2; }));
  lose();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 4; }));
  lose();
  EXPECT_TRUE(co_await test.until([&] { return inbox.intake.stats().wire.connects == 3; }));
  EXPECT_FALSE(
      co_await test.until([&] { return broker.count(FakeBroker::consume) > 2; }, Millis{500}));
  EXPECT_FALSE(inbox.intake.connected());
  done = 2;
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 6; }));
  EXPECT_TRUE(inbox.intake.connected());
  co_await inbox.intake.close(test.soon());
}
TEST_F(BrokerMomentsTest, HoweverOftenTheConnectionIsLostWhatIsWorkedOnIsBounded) {
  loop.run(connectionFlaps(*this));
}

}  // namespace
}  // namespace tidings::queue
