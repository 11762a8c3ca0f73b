#include "providers/fcm_request.h"

#include "unit/json/tree.h"
#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr WallTime now{std::chrono::seconds{1'767'323'045}};

json built(const OutboundMessage& message) { return json::parse(buildFcm(message, now).json); }

TEST(FcmRequest, Full) {
  OutboundMessage message = messageTo("token-1");
  const json data{{"orderId", 4711},
                  {"express", true},
                  {"lines", json::array({1, 2})},
                  {"note", "a \"b\""},
                  {"none", nullptr}};
  const JsonDocument parsed = documentFrom(data);
  message.data = parsed.root();
  message.actionUrl = "https://app.example.com/orders/4711";
  message.collapseKey = "order-4711";
  message.timeToLive = 86'400s;
  message.priority = 5;
  const json expected = json::parse(R"({"message": {
    "token": "token-1",
    "notification": {"title": "Order shipped", "body": "It arrives on Friday"},
    "data": {"orderId": "4711", "express": "true", "lines": "[1,2]", "note": "a \"b\"",
             "actionUrl": "https://app.example.com/orders/4711", "type": "order",
             "notificationId": "order-4711", "deliveryId": "00112233445566778899aabbccddeeff"},
    "android": {"collapseKey": "order-4711", "priority": "HIGH", "ttl": "86400s"},
    "apns": {"headers": {"apns-priority": "10", "apns-expiration": "1767409445",
                         "apns-collapse-id": "order-4711"}},
    "webpush": {"headers": {"Urgency": "high", "TTL": "86400", "Topic": "order-4711"},
                "fcmOptions": {"link": "https://app.example.com/orders/4711"}}}})");
  EXPECT_EQ(built(message), expected);
}

TEST(FcmRequest, SilentOnesHaveNoNotificationAndLowPriorityTowardsIos) {
  OutboundMessage message = messageTo("token-1");
  message.title = message.body = "";
  message.priority = 9;
  const json body = built(message)["message"];
  EXPECT_FALSE(body.contains("notification"));
  EXPECT_EQ(body["apns"]["headers"]["apns-priority"], "5");
  EXPECT_EQ(body["android"]["priority"], "HIGH");
}

TEST(FcmRequest, WhatTheAppSetsIsItsOwn) {
  OutboundMessage message = messageTo("token-1");
  const json data{{"notificationId", "mine"}, {"deliveryId", nullptr}, {"type", "other"}};
  const JsonDocument parsed = documentFrom(data);
  message.data = parsed.root();
  const json sent = built(message)["message"]["data"];
  EXPECT_EQ(sent, (json{{"notificationId", "mine"}, {"type", "other"}}));
}

TEST(FcmRequest, ReservedKeysAreLeftOut) {
  OutboundMessage message = messageTo("token-1");
  json data;
  for (const char* key : {"from", "message_type", "collapse_key", "google.x", "google", "gcm.y",
                          "gcm.notification.z", ""}) {
    data[key] = "x";
    EXPECT_TRUE(isReservedFcmKey(key)) << key;
  }
  data["fromage"] = "brie";
  const JsonDocument parsed = documentFrom(data);
  message.data = parsed.root();
  const json sent = built(message)["message"]["data"];
  EXPECT_EQ(sent["fromage"], "brie");
  EXPECT_EQ(sent.size(), 4u);  // and type, notificationId, deliveryId
}

TEST(FcmRequest, LinksThatAreNotHttpsAreNoWebPushLinks) {
  OutboundMessage message = messageTo("token-1");
  message.actionUrl = "http://app.example.com/";
  EXPECT_FALSE(built(message)["message"]["webpush"].contains("fcmOptions"));
}

TEST(FcmRequest, TimeToLiveIsBounded) {
  OutboundMessage message = messageTo("token-1");
  const auto ttl = [&message](Millis wait) {
    message.timeToLive = wait;
    return built(message)["message"]["android"]["ttl"].get<std::string>();
  };
  EXPECT_EQ(ttl(-5s), "0s");
  EXPECT_EQ(ttl(1'999ms), "1s");
  EXPECT_EQ(ttl(24h * 365), "2419200s");
}

TEST(FcmRequest, IsValidUtf8WhateverItIsGiven) {
  OutboundMessage message = messageTo("tok\"en\n");
  message.title = "bad \xff\xc3 \xed\xa0\x80 주문 \x01";
  const JsonDocument parsed = documentOf("{\"k\xfe\":\"v\xff\"}");
  message.data = parsed.root();
  const json body = built(message)["message"];
  EXPECT_EQ(body["token"], "tok\"en\n");
  EXPECT_NE(body["notification"]["title"].get<std::string>().find("주문 \x01"), std::string::npos);
}

TEST(FcmRequest, CountsNotificationAndDataAgainstTheLimit) {
  OutboundMessage message = messageTo("token-1");
  message.notificationId = message.deliveryId = "";
  message.body = std::string(3'000, 'x');
  const size_t rest = buildFcm(message, now).payloadBytes - 3'000;
  message.body = std::string(kFcmMaxPayload - rest, 'x');
  EXPECT_EQ(buildFcm(message, now).payloadBytes, kFcmMaxPayload);
}

TEST(FcmRequest, OurIdsStayAwayWhereTheyWouldBreakTheLimit) {
  OutboundMessage message = messageTo("token-1");
  message.notificationId = message.deliveryId = "";
  message.body = "";
  const size_t rest =
      buildFcm(message, now).payloadBytes + std::string_view(R"(,"body":"")").size();
  message.body = std::string(kFcmMaxPayload - rest, 'x');
  message.notificationId = "n";
  message.deliveryId = "d";
  const FcmBody body = buildFcm(message, now);
  EXPECT_EQ(body.payloadBytes, kFcmMaxPayload);
  EXPECT_EQ(json::parse(body.json)["message"]["data"], (json{{"type", "order"}}));
  message.body.resize(message.body.size() - std::string_view(R"(,"notificationId":"n")").size());
  EXPECT_EQ(built(message)["message"]["data"], (json{{"type", "order"}, {"notificationId", "n"}}));
}

TEST(WebPushTopic, KeepsGoodKeysAndHashesOthers) {
  EXPECT_EQ(webPushTopic("order-4711"), "order-4711");
  for (const std::string key : {"", "with blank", "주문", "0123456789012345678901234567890123"}) {
    const std::string topic = webPushTopic(key);
    EXPECT_LE(topic.size(), 32u);
    EXPECT_EQ(
        topic.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
        std::string::npos);
    EXPECT_EQ(topic, webPushTopic(key));
  }
}

}  // namespace
}  // namespace tidings::providers
