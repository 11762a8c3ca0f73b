#include "integration/providers/sandbox.h"

namespace tidings::providers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* number = "+15558675310";

class TwilioTest : public SandboxTest {
 protected:
  static config::TwilioConfig& settings(config::ProviderConfig& config) {
    return std::get<config::TwilioConfig>(config.settings);
  }
};

TEST_F(TwilioTest, ArrivesWithEverything) {
  const auto sms = twilio([](config::ProviderConfig& config) {
    settings(config).statusCallback = "https://hooks.example.com/cb?key=1";
  });
  OutboundMessage message = messageTo(number);
  message.timeToLive = 1h;
  const Outcome outcome = send(*sms, message);
  ASSERT_EQ(outcome.kind, K::sent) << outcome.error;
  EXPECT_TRUE(outcome.providerMessageId.starts_with("SM"));
  const json request = lastRequest();
  EXPECT_EQ(request["id"], "order-4711");
  EXPECT_EQ(request["deliveryId"], message.deliveryId);
  EXPECT_EQ(request["address"], number);
  EXPECT_EQ(request["body"]["Body"], message.text);
  EXPECT_EQ(request["body"]["StatusCallback"],
            "https://hooks.example.com/cb?key=1&id=order-4711&d=" + message.deliveryId);
}

TEST_F(TwilioTest, AnApiKeyWithAMessagingServiceOverTls) {
  const auto sms = twilio([this](config::ProviderConfig& config) {
    const json& with = ready()["twilio"];
    settings(config).authToken = {};
    settings(config).from = "";
    settings(config).apiKeySid = with["apiKeySid"];
    settings(config).apiKeySecret = config::Secret(with["apiKeySecret"]);
    settings(config).messagingServiceSid = with["messagingServiceSid"];
    settings(config).baseUrl = ready()["https"];
    settings(config).caFile = sandboxCa();
  });
  const Outcome outcome = send(*sms, messageTo(number));
  EXPECT_EQ(outcome.kind, K::sent) << outcome.error;
}

TEST_F(TwilioTest, AWrongTokenIsOurConfiguration) {
  const auto sms = twilio([](config::ProviderConfig& config) {
    settings(config).authToken = config::Secret("canary-wrong-token");
  });
  const Outcome outcome = send(*sms, messageTo(number));
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_EQ(outcome.error.find("canary"), std::string::npos);
}

TEST_F(TwilioTest, NumbersThatAlwaysFail) {
  const auto sms = twilio();
  const auto kind = [&](const char* to) { return send(*sms, messageTo(to)).kind; };
  EXPECT_EQ(kind("+15005550001"), K::recipientGone);
  EXPECT_EQ(kind("+15005550002"), K::permanent);
  EXPECT_EQ(kind("+15005550003"), K::permanent);
  EXPECT_EQ(kind("+15005550004"), K::recipientGone);
  EXPECT_EQ(kind("+15005550009"), K::recipientGone);
  EXPECT_EQ(kind("5558675310"), K::recipientGone);
}

TEST_F(TwilioTest, TooManyRequestsAreThrottling) {
  const auto sms = twilio();
  fault({{"answer", {{"status", 429}, {"code", 20429}}}});
  const Outcome outcome = send(*sms, messageTo(number));
  EXPECT_EQ(outcome.kind, K::throttled);
  EXPECT_EQ(outcome.retryAfter, Millis{1s});
}

TEST_F(TwilioTest, AnUnavailableServiceSaysWhenToComeBack) {
  const auto sms = twilio();
  fault({{"answer", {{"status", 503}, {"retryAfter", 30}}}});
  const Outcome outcome = send(*sms, messageTo(number));
  EXPECT_EQ(outcome.kind, K::transient);
  EXPECT_EQ(outcome.retryAfter, Millis{30s});
}

TEST_F(TwilioTest, ALostAnswerIsUnknownAndNeverRepeated) {
  const auto sms = twilio();
  int expected = 0;
  for (const json& rule :
       {json{{"reset", "after"}}, json{{"lose", "close"}}, json{{"half", true}}}) {
    ASSERT_EQ(send(*sms, messageTo(number)).kind, K::sent);
    fault(rule);
    EXPECT_EQ(send(*sms, messageTo(number)).kind, K::unknown) << rule;
    EXPECT_EQ(arrived("twilio"), expected += 2) << rule;
  }
}

TEST_F(TwilioTest, NobodyListeningIsTransient) {
  const auto sms = twilio(
      [](config::ProviderConfig& config) { settings(config).baseUrl = "http://127.0.0.1:1"; });
  const Outcome outcome = send(*sms, messageTo(number));
  EXPECT_EQ(outcome.kind, K::transient);
  EXPECT_TRUE(outcome.nothingSent);
}

}  // namespace
}  // namespace tidings::providers
