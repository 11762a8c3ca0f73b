#include "integration/providers/sandbox.h"
#include "unit/json/tree.h"

namespace tidings::providers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

void brief(config::ProviderConfig& config) { config.timeout = 1s; }

// In the clear over HTTP/1.1, and over TLS with HTTP/2.
class FcmTest : public SandboxTest, public testing::WithParamInterface<bool> {
 protected:
  std::unique_ptr<Provider> provider(const Change& change = {}) { return fcm(GetParam(), change); }
  static int sentOf(const std::vector<Outcome>& outcomes) {
    return static_cast<int>(std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome& o) {
      return o.kind == OutcomeKind::sent;
    }));
  }
};

INSTANTIATE_TEST_SUITE_P(Protocols, FcmTest, testing::Bool(),
                         [](const auto& which) { return which.param ? "Http2" : "Cleartext"; });

TEST_P(FcmTest, ArrivesWithEverything) {
  const auto push = provider();
  OutboundMessage message = messageTo("device-token-1");
  const json data{{"orderId", 4711}};
  const JsonDocument parsed = documentFrom(data);
  message.data = parsed.root();
  message.actionUrl = "https://app.example.com/orders/4711";
  message.collapseKey = "주문";
  message.timeToLive = 1h;
  message.priority = 5;
  const Outcome outcome = send(*push, message);
  ASSERT_EQ(outcome.kind, K::sent) << outcome.error;
  EXPECT_TRUE(outcome.providerMessageId.starts_with("projects/tidings-sandbox/messages/"));
  const json request = lastRequest();
  EXPECT_EQ(request["protocol"], GetParam() ? "2.0" : "1.1");
  EXPECT_EQ(request["id"], "order-4711");
  EXPECT_EQ(request["deliveryId"], message.deliveryId);
  EXPECT_EQ(request["body"]["message"]["notification"]["title"], "주문 배송");
  EXPECT_EQ(request["body"]["message"]["data"]["orderId"], "4711");
}

TEST_P(FcmTest, ABurstFetchesOneToken) {
  const auto push = provider();
  EXPECT_EQ(sentOf(sendMany(*push, messageTo("device-token-1"), 60)), 60);
  EXPECT_EQ(arrived("fcm-token"), 1);
  EXPECT_EQ(arrived("fcm"), 60);
  if (GetParam()) {
    EXPECT_LE(client_.stats().connections, 3u) << "one would do, and one for the token";
  }
}

TEST_P(FcmTest, AnExpiredTokenIsRenewedOnceForAll) {
  const auto push = provider();
  EXPECT_EQ(sentOf(sendMany(*push, messageTo("device-token-1"), 5)), 5);
  post("/fcm/expire-tokens", json::object());
  for (const Outcome& outcome : sendMany(*push, messageTo("device-token-1"), 40)) {
    EXPECT_EQ(outcome.kind, K::sent) << outcome.code << outcome.error;
  }
  EXPECT_EQ(arrived("fcm-token"), 2);
}

TEST_P(FcmTest, AFailingTokenEndpointSendsNothing) {
  const auto push = provider();
  fault(
      {{"match", {{"provider", "fcm-token"}}}, {"answer", {{"status", 503}}}, {"times", "always"}});
  const Outcome outcome = send(*push, messageTo("device-token-1"));
  EXPECT_EQ(outcome.kind, K::transient);
  EXPECT_TRUE(outcome.nothingSent);
  EXPECT_EQ(arrived("fcm"), 0);
}

TEST_P(FcmTest, AnOverloadedServiceSaysWhenToComeBack) {
  const auto push = provider();
  fault({{"answer", {{"status", 503}, {"retryAfter", 30}}}});
  const Outcome outcome = send(*push, messageTo("device-token-1"));
  EXPECT_EQ(outcome.kind, K::transient);
  EXPECT_EQ(outcome.code, "UNAVAILABLE");
  EXPECT_EQ(outcome.retryAfter, Millis{30s});
  EXPECT_TRUE(outcome.nothingSent);
}

TEST_P(FcmTest, AQuotaIsThrottling) {
  const auto push = provider();
  post("/throttle", {{"provider", "fcm"}, {"perSecond", 1}, {"retryAfter", 90}});
  send(*push, messageTo("device-token-1"));
  const Outcome outcome = send(*push, messageTo("device-token-1"));
  EXPECT_EQ(outcome.kind, K::throttled);
  EXPECT_EQ(outcome.retryAfter, Millis{90s});
}

TEST_P(FcmTest, DeadAndForeignTokensAreGone) {
  const auto push = provider();
  post("/dead", {{"provider", "fcm"}, {"addresses", {"device-token-1"}}});
  Outcome outcome = send(*push, messageTo("device-token-1"));
  EXPECT_EQ(outcome.kind, K::recipientGone);
  EXPECT_EQ(outcome.code, "UNREGISTERED");
  EXPECT_EQ(send(*push, messageTo("SENDER_ID_MISMATCH:x")).kind, K::recipientGone);
  outcome = send(*push, messageTo("not a token!"));
  EXPECT_EQ(outcome.kind, K::recipientGone) << outcome.error;
}

// A connection that was used before is the one on which libcurl would repeat a request by itself.
TEST_P(FcmTest, ALostAnswerIsUnknownAndNeverRepeated) {
  const json faults[] = {{{"reset", "after"}},
                         {{"lose", "close"}},
                         {{"half", true}},
                         {{"lose", "close"}, {"connection", true}},
                         {{"reset", "after"}, {"connection", true}}};
  const auto push = provider();
  int expected = 0;
  for (const json& rule : faults) {
    ASSERT_EQ(send(*push, messageTo("device-token-1")).kind, K::sent);
    fault(rule);
    const Outcome outcome = send(*push, messageTo("device-token-1"));
    EXPECT_EQ(outcome.kind, K::unknown) << rule << outcome.error;
    EXPECT_FALSE(outcome.nothingSent);
    EXPECT_EQ(arrived("fcm"), expected += 2) << rule;
  }
}

TEST_P(FcmTest, AnAnswerThatNeverComesIsUnknownAtTheTimeout) {
  const auto push = provider(brief);
  ASSERT_EQ(send(*push, messageTo("device-token-1")).kind, K::sent);
  fault({{"lose", "hang"}});
  EXPECT_EQ(send(*push, messageTo("device-token-1")).kind, K::unknown);
  EXPECT_EQ(send(*push, messageTo("device-token-1")).kind, K::sent);
  EXPECT_EQ(arrived("fcm"), 3);
}

TEST_P(FcmTest, AProxysPageDoesNotHideTheStatus) {
  const auto push = provider();
  fault({{"answer", {{"status", 502}, {"body", "<html>Bad Gateway</html>"}}}});
  const Outcome outcome = send(*push, messageTo("device-token-1"));
  EXPECT_EQ(outcome.kind, K::transient);
  EXPECT_FALSE(outcome.nothingSent);
}

TEST_F(SandboxTest, FcmBehindAForeignCertificateGetsNothing) {
  const auto push = fcm(true, [this](config::ProviderConfig& config) {
    std::get<config::FcmConfig>(config.settings).caFile = otherCa();
  });
  const Outcome outcome = send(*push, messageTo("device-token-1"));
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_TRUE(outcome.nothingSent);
  EXPECT_EQ(arrived("fcm"), 0);
  EXPECT_EQ(arrived("fcm-token"), 0);
}

}  // namespace
}  // namespace tidings::providers
