#include <gtest/gtest.h>

#include "replay.h"

namespace tidings::cli {
namespace {

TEST(ReplayOf, OwesOnlyTheDeadDeliveryAndForgetsAttemptsTimeAndDeath) {
  queue::JobHeaders dead;
  dead.attempt = 5;
  dead.owed = {{"push", "token-1"}};
  dead.firstSeen = WallTime{Millis{1'700'000'000'000}};
  dead.topicAfter = "user-7";
  dead.death = queue::DeathNote{"permanent", "no", "push", "fcm", dead.firstSeen, "q"};
  queue::DeadLetter letter;
  letter.body = "{ \"id\" : 1 }";
  letter.properties.messageId = "n-1";
  letter.properties.priority = 3;
  letter.properties.headers = queue::writeHeaders(dead, {{"traceparent", std::string("00-x")}});
  letter.properties.headers.emplace_back("x-delivery-count", int64_t{3});
  letter.headers = queue::readHeaders(letter.properties.headers);

  const queue::Outgoing copy = replayOf("order", letter);
  EXPECT_EQ(copy.exchange, "");
  EXPECT_EQ(copy.routingKey, "notifications.order");
  EXPECT_EQ(copy.body, letter.body);
  EXPECT_EQ(copy.properties.messageId, "n-1");
  EXPECT_EQ(copy.properties.priority, 3);
  EXPECT_TRUE(copy.properties.persistent);
  const queue::JobHeaders headers = queue::readHeaders(copy.properties.headers);
  EXPECT_EQ(headers.attempt, 0);
  EXPECT_EQ(amqp::find(copy.properties.headers, "x-tidings-reason"), nullptr);
  EXPECT_EQ(amqp::find(copy.properties.headers, "x-delivery-count"), nullptr);
  EXPECT_TRUE(headers.replay);
  EXPECT_TRUE(headers.recheck) << "an unfinished delivery of a letter that the broker buried";
  EXPECT_FALSE(headers.death.has_value());
  EXPECT_EQ(headers.owed, dead.owed);
  EXPECT_FALSE(headers.firstSeen) << "the worker's patience with providers begins anew";
  EXPECT_EQ(headers.topicAfter, "user-7");
  EXPECT_NE(amqp::findText(copy.properties.headers, "traceparent"), nullptr);
}

// Its retry's attempt would otherwise be taken for one that was made already, and dropped.
TEST(ReplayOf, PoisonThatWasNeverClaimedGoesOnWhereItWas) {
  queue::JobHeaders dead;
  dead.attempt = 2;
  dead.death = queue::DeathNote{"poison", "died", "", "", dead.firstSeen, "q"};
  queue::DeadLetter letter;
  letter.headers = dead;
  const auto headersOf = [&] {
    return queue::readHeaders(replayOf("order", letter).properties.headers);
  };
  EXPECT_EQ(headersOf().attempt, 2);
  letter.headers.death->channel = "push";
  EXPECT_EQ(headersOf().attempt, 0);
}

}  // namespace
}  // namespace tidings::cli
