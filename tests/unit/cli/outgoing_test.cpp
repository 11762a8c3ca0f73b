#include "outgoing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidings::cli {
namespace {

using testing::HasSubstr;

constexpr WallTime now{Millis{1'700'000'000'123}};

config::Config sampleConfig() {
  config::Config config;
  config.types["order"].name = "order";
  config.types["like"].name = "like";
  return config;
}

TEST(ToOutgoing, KeepsTheBytesAndFillsTheProperties) {
  const std::string text = R"({ "id":"n-1","type":"order","recipient":"42","priority":5, "x":1 })";
  const auto message = toOutgoing("  " + text + "\r\n", "", sampleConfig(), now);
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_EQ(message->body, text);
  EXPECT_EQ(message->exchange, "");
  EXPECT_EQ(message->routingKey, "notifications.order");
  EXPECT_EQ(message->properties.messageId, "n-1");
  EXPECT_EQ(message->properties.priority, 5);
  EXPECT_EQ(message->properties.timestamp, 1'700'000'000U);
  EXPECT_EQ(message->properties.contentType, "application/json");
  EXPECT_TRUE(message->properties.persistent);
}

TEST(ToOutgoing, AddsAMissingTypeAndNothingElse) {
  const auto message = toOutgoing(R"({"id":"n-1","recipient":"42"})", "order", sampleConfig(), now);
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_EQ(message->body, R"({"type":"order","id":"n-1","recipient":"42"})");
}

TEST(ToOutgoing, SaysWhatIsWrong) {
  const auto error = [](const char* text, const char* type) {
    return toOutgoing(text, type, sampleConfig(), now).error().message;
  };
  EXPECT_THAT(error(R"({"id":"n","type":"like","recipient":"1"})", "order"), HasSubstr("/type"));
  EXPECT_THAT(error(R"({"id":"n","type":"nope","recipient":"1"})", ""),
              HasSubstr("expected one of the configured types: like, order"));
  EXPECT_THAT(error(R"({"id":"n","type":"order"})", ""), HasSubstr("/recipient"));
  EXPECT_THAT(error(R"({"id":"n",)", "order"), HasSubstr("expected"));
  EXPECT_FALSE(toOutgoing("[]", "order", sampleConfig(), now).ok());
  EXPECT_FALSE(toOutgoing("", "", sampleConfig(), now).ok());
}

}  // namespace
}  // namespace tidings::cli
