#include "integration/providers/sandbox.h"

namespace tidings::providers {
namespace {

using namespace std::chrono_literals;
using config::SmtpTls;
using nlohmann::json;

config::SmtpConfig& settings(config::ProviderConfig& config) {
  return std::get<config::SmtpConfig>(config.settings);
}

class SmtpTest : public SandboxTest, public testing::WithParamInterface<SmtpTls> {
 protected:
  std::unique_ptr<Provider> provider(const Change& change = {}) { return smtp(GetParam(), change); }
};

INSTANTIATE_TEST_SUITE_P(Tls, SmtpTest, testing::Values(SmtpTls::starttls, SmtpTls::tls),
                         [](const auto& which) {
                           return which.param == SmtpTls::tls ? "FromTheFirstByte" : "StartTls";
                         });

TEST_P(SmtpTest, ArrivesDecodedWithEverything) {
  const auto mail = provider([](config::ProviderConfig& config) {
    settings(config).replyTo = "도움 <help@example.com>";
    settings(config).listUnsubscribe =
        "https://app.example.com/u/{{recipient}}, mailto:u@example.com?subject={{address}}";
  });
  const OutboundMessage message = messageTo("a.b+c@example.net");
  const Outcome outcome = send(*mail, message);
  ASSERT_EQ(outcome.kind, K::sent) << outcome.error;
  EXPECT_TRUE(outcome.providerMessageId.starts_with("<" + message.deliveryId + "@example.com> "));
  const json request = lastRequest();
  EXPECT_EQ(request["status"], 250);
  EXPECT_EQ(request["id"], "order-4711");
  EXPECT_EQ(request["deliveryId"], message.deliveryId);
  const json& body = request["body"];
  EXPECT_EQ(body["subject"], message.subject);
  EXPECT_EQ(body["text"], "주문 4711이 발송되었습니다 🚚\r\n고맙습니다");
  EXPECT_EQ(body["html"], message.html);
  EXPECT_EQ(body["from"], "no-reply@example.com");
  EXPECT_EQ(body["to"], json::array({message.address}));
  EXPECT_EQ(body["headers"]["list-unsubscribe"],
            "<https://app.example.com/u/user%2F7>, "
            "<mailto:u@example.com?subject=a.b%2Bc%40example.net>");
  EXPECT_EQ(body["headers"]["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
}

TEST_P(SmtpTest, ManyMailsShareAConnection) {
  const auto mail = provider();
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = send(*mail, messageTo("a@example.net"));
    ASSERT_EQ(outcome.kind, K::sent) << outcome.error;
  }
  EXPECT_EQ(client_.stats().connections, 1u);
}

TEST_P(SmtpTest, AForeignCertificateGetsNothing) {
  const auto mail =
      provider([this](config::ProviderConfig& config) { settings(config).caFile = otherCa(); });
  const Outcome outcome = send(*mail, messageTo("a@example.net"));
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_TRUE(outcome.nothingSent);
  EXPECT_EQ(arrived("smtp"), 0);
}

TEST_P(SmtpTest, AWrongPasswordIsOurConfiguration) {
  const auto mail = provider([](config::ProviderConfig& config) {
    settings(config).password = config::Secret("canary-password");
  });
  const Outcome outcome = send(*mail, messageTo("a@example.net"));
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_EQ(outcome.error.find("canary"), std::string::npos);
}

TEST_P(SmtpTest, ARelayWithoutAuthGetsNothingWhenAUserIsSet) {
  post("/smtp", {{"mechanisms", json::array()}, {"auth", false}});
  const auto mail = provider();
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::auth);
  EXPECT_EQ(get("/requests/count?provider=smtp")["accepted"], 0);
}

TEST_F(SandboxTest, ARelayWithoutStarttlsGetsNothing) {
  post("/smtp", {{"starttls", false}});
  const auto mail = smtp();
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::auth);
  EXPECT_EQ(get("/requests/count?provider=smtp")["accepted"], 0);
}

TEST_P(SmtpTest, AddressesThatAlwaysFail) {
  const auto mail = provider();
  const auto kind = [&](const char* to) { return send(*mail, messageTo(to)).kind; };
  EXPECT_EQ(kind("550-5.1.1@example.net"), K::recipientGone);
  EXPECT_EQ(kind("451-4.7.1@example.net"), K::throttled);
  EXPECT_EQ(kind("452@example.net"), K::transient);
  EXPECT_EQ(kind("552-5.2.2@example.net"), K::permanent);
  EXPECT_EQ(kind("554-5.7.1@example.net"), K::permanent);
  EXPECT_EQ(kind("a@example.net"), K::sent);
  post("/dead", {{"provider", "smtp"}, {"addresses", {"gone@example.net"}}});
  EXPECT_EQ(kind("gone@example.net"), K::recipientGone);
  EXPECT_LE(client_.stats().connections, 2u) << "a refusal is no reason to hang up";
}

TEST_P(SmtpTest, RefusalsAfterTheFinalDot) {
  const auto mail = provider();
  fault({{"answer", {{"status", 451}, {"code", "4.3.0"}}}});
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::transient);
  fault({{"answer", {{"status", 554}, {"code", "5.7.1"}}}});
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::permanent);
  fault({{"answer", {{"status", 552}, {"code", "5.3.4"}}}});
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::tooLarge);
}

TEST_P(SmtpTest, ALostAnswerAfterTheFinalDotIsUnknownAndNeverRepeated) {
  const auto mail = provider();
  int expected = 0;
  for (const json& rule :
       {json{{"reset", "after"}}, json{{"lose", "close"}}, json{{"half", true}}}) {
    ASSERT_EQ(send(*mail, messageTo("a@example.net")).kind, K::sent);
    fault(rule);
    const Outcome outcome = send(*mail, messageTo("a@example.net"));
    EXPECT_EQ(outcome.kind, K::unknown) << rule << outcome.error;
    EXPECT_EQ(arrived("smtp"), expected += 2) << rule;
  }
}

TEST_P(SmtpTest, AnAnswerThatNeverComesIsUnknownAtTheTimeout) {
  const auto mail = provider([](config::ProviderConfig& config) { config.timeout = 1s; });
  fault({{"lose", "hang"}});
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::unknown);
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::sent);
}

TEST_P(SmtpTest, ALossBeforeTheMailWasHandedOverSentNothing) {
  const auto mail = provider();
  for (const char* stage : {"rcpt", "data"}) {
    fault({{"match", {{"provider", "smtp"}}}, {"stage", stage}, {"lose", "close"}});
    const Outcome outcome = send(*mail, messageTo("a@example.net"));
    EXPECT_EQ(outcome.kind, K::transient) << stage;
    EXPECT_TRUE(outcome.nothingSent);
  }
}

TEST_P(SmtpTest, AKeptConnectionThatDiedIsReplacedAtOnce) {
  const auto mail = provider();
  ASSERT_EQ(send(*mail, messageTo("a@example.net")).kind, K::sent);
  fault({{"match", {{"provider", "smtp"}}}, {"stage", "mail"}, {"lose", "close"}});
  EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::sent);
  EXPECT_EQ(client_.stats().connections, 2u);
}

TEST_P(SmtpTest, ALimitOfMailsPerConnectionIsNoFailure) {
  post("/smtp", {{"messagesPerConnection", 2}});
  const auto mail = provider();
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(send(*mail, messageTo("a@example.net")).kind, K::sent);
  }
}

TEST_P(SmtpTest, MailsOfABurstAllArriveOnce) {
  const auto mail = provider([](config::ProviderConfig& config) { config.concurrency = 4; });
  for (const Outcome& outcome : sendMany(*mail, messageTo("a@example.net"), 40)) {
    EXPECT_EQ(outcome.kind, K::sent) << outcome.error;
  }
  EXPECT_EQ(arrived("smtp"), 40);
  EXPECT_LE(client_.stats().connections, 4u);
}

}  // namespace
}  // namespace tidings::providers
