#include "queue/send_window.h"

#include <gtest/gtest.h>

namespace tidings::queue {
namespace {

class SendWindowTest : public testing::Test {
 protected:
  SendingPtr send(const std::string& key, const std::string& body = "body") {
    auto sending = std::make_shared<Sending>(loop_, Outgoing{"e", key, body, {}});
    window_.sent(sending);
    return sending;
  }
  bool returned(const std::string& key, const std::string& body = "body") {
    amqp::Returned back;
    back.text = "NO_ROUTE";
    back.exchange = "e";
    back.routingKey = key;
    back.body = body;
    return window_.markReturned(back);
  }
  // "ok", "failed" or "waiting".
  std::string stateOf(const SendingPtr& sending) {
    if (!sending->shot.isSet()) return "waiting";
    return loop_.run(resultOf(sending)) ? "ok" : "failed";
  }
  static Task<bool> resultOf(SendingPtr sending) {
    const Status status = co_await sending->shot.wait();
    co_return status.ok();
  }
  SystemClock clock_;
  Loop loop_{clock_};
  SendWindow window_;
};

TEST_F(SendWindowTest, SettlesOneOrAllUpToATag) {
  const auto a = send("a"), b = send("b"), c = send("c"), d = send("d");
  EXPECT_EQ(window_.confirm(3, false, true), 1u);
  EXPECT_EQ(stateOf(c), "ok");
  EXPECT_EQ(window_.confirm(2, true, true), 2u);
  EXPECT_EQ(stateOf(a), "ok");
  EXPECT_EQ(stateOf(b), "ok");
  EXPECT_EQ(stateOf(d), "waiting");
  EXPECT_EQ(window_.confirm(4, true, false), 1u);
  EXPECT_EQ(stateOf(d), "failed");
  EXPECT_EQ(window_.count(), 0u);
  EXPECT_EQ(window_.bytes(), 0u);
}

TEST_F(SendWindowTest, TagsThatWereNeverSentOrAreSettledDoNothing) {
  const auto a = send("a");
  EXPECT_EQ(window_.confirm(0, true, true), 0u);
  EXPECT_EQ(window_.confirm(2, true, true), 0u);
  EXPECT_EQ(window_.confirm(1, false, true), 1u);
  EXPECT_EQ(window_.confirm(1, false, true), 0u);
  const auto b = send("b");
  EXPECT_EQ(window_.confirm(2, false, true), 1u);
  EXPECT_EQ(stateOf(b), "ok");
}

TEST_F(SendWindowTest, AReturnedMessageFailsAlthoughItIsConfirmed) {
  const auto a = send("a"), b = send("b");
  EXPECT_TRUE(returned("b"));
  window_.confirm(2, true, true);
  EXPECT_EQ(stateOf(a), "ok");
  EXPECT_EQ(stateOf(b), "failed");
}

TEST_F(SendWindowTest, OfAlikeMessagesAsManyFailAsCameBack) {
  const auto a = send("k"), b = send("k"), c = send("k");
  EXPECT_TRUE(returned("k"));
  EXPECT_TRUE(returned("k"));
  window_.confirm(3, true, true);
  EXPECT_EQ(stateOf(a) + stateOf(b) + stateOf(c), "failedfailedok");
}

TEST_F(SendWindowTest, HeadersTellAlikeBodiesApart) {
  const auto a = send("k"), b = send("k");
  b->message.properties.headers = {{"x-tidings-attempt", int64_t{2}}};
  amqp::Returned back;
  back.exchange = "e";
  back.routingKey = "k";
  back.body = "body";
  back.properties.headers = b->message.properties.headers;
  EXPECT_TRUE(window_.markReturned(back));
  window_.confirm(2, true, true);
  EXPECT_EQ(stateOf(a), "ok");
  EXPECT_EQ(stateOf(b), "failed");
}

TEST_F(SendWindowTest, AnIdThatWasCutOnItsWayIsKnown) {
  const auto a = send("k");
  a->message.properties.messageId = std::string(300, 'i');
  amqp::Returned back;
  back.exchange = "e";
  back.routingKey = "k";
  back.body = "body";
  back.properties.messageId = std::string(255, 'i');
  EXPECT_TRUE(window_.markReturned(back));
  EXPECT_EQ(stateOf(a), "waiting");
  window_.confirm(1, false, true);
  EXPECT_EQ(stateOf(a), "failed");
}

TEST_F(SendWindowTest, AStrangersReturnMarksNothing) {
  const auto a = send("a");
  EXPECT_FALSE(returned("b"));
  EXPECT_FALSE(returned("a", "other body"));
  window_.confirm(1, false, true);
  EXPECT_EQ(stateOf(a), "ok");
}

TEST_F(SendWindowTest, AfterALossWhatIsUnconfirmedIsLeftInOrderAndTagsBeginAgain) {
  const auto a = send("a"), b = send("b"), c = send("c"), d = send("d");
  returned("b");
  window_.confirm(3, false, true);
  const auto left = window_.takeAll();
  EXPECT_EQ(left, (std::deque<SendingPtr>{a, d}));
  EXPECT_EQ(stateOf(b), "failed");
  EXPECT_EQ(window_.count(), 0u);
  const auto again = send("a");
  EXPECT_EQ(window_.confirm(1, false, true), 1u);
  EXPECT_EQ(stateOf(again), "ok");
}

}  // namespace
}  // namespace tidings::queue
