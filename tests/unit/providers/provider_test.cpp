// The providers over origins that only pretend: what is sent, how often, and what leaks.
#include "config/config.h"
#include "providers/fcm.h"
#include "providers/smtp.h"
#include "providers/twilio.h"
#include "runtime/scope.h"
#include "unit/providers/rsa_key.h"
#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using K = OutcomeKind;
using namespace std::chrono_literals;

constexpr const char* unauthenticated = R"({"error":{"code":401,"status":"UNAUTHENTICATED"}})";

http::Response tokenAnswer(const std::string& token) {
  return answerOf(200, R"({"access_token":")" + token + R"(","expires_in":3600})");
}

class ProviderTest : public testing::Test {
 protected:
  ProviderTest() {
    config.name = "it";
    auto fakeSend = std::make_unique<FakeOrigin>(loop);
    auto fakeToken = std::make_unique<FakeOrigin>(loop);
    origin = fakeSend.get();
    tokenOrigin = fakeToken.get();
    origins.send = std::move(fakeSend);
    origins.token = std::move(fakeToken);
  }
  std::unique_ptr<Provider> fcm() {
    config.settings = config::FcmConfig{};
    FcmAccount account{"a@p.example", testRsaKey(), "kid", "proj/ect", "https://t.example/token"};
    return std::make_unique<Fcm>(config, std::move(account), std::move(origins), loop);
  }
  std::unique_ptr<Provider> twilio() {
    config::TwilioConfig twilio;
    twilio.accountSid = "AC01";
    twilio.authToken = config::Secret("canary-token");
    twilio.from = "+15557122661";
    config.settings = twilio;
    return std::make_unique<Twilio>(config, std::move(origins.send), loop);
  }
  std::unique_ptr<Provider> smtp() {
    config::SmtpConfig smtp;
    smtp.user = "user";
    smtp.password = config::Secret("canary-password");
    smtp.from = "no-reply@example.com";
    config.settings = smtp;
    auto fake = std::make_unique<FakeRelay>();
    relay = fake.get();
    auto style = mailStyleOf(smtp);
    return std::make_unique<Smtp>(config, std::move(*style), std::move(fake), loop);
  }
  Outcome send(Provider& provider, const OutboundMessage& message) {
    return loop.run(provider.send(message, Deadline::after(clock, 10s)));
  }
  static Task<void> sendOne(ProviderTest& self, Provider& provider,
                            const OutboundMessage& message) {
    const Outcome outcome = co_await provider.send(message, Deadline::after(self.clock, 10s));
    EXPECT_EQ(outcome.kind, K::sent);
  }
  static Task<void> sendMany(ProviderTest& self, Provider& provider,
                             const OutboundMessage& message) {
    Scope scope;
    for (int i = 0; i < 30; ++i) scope.spawn(sendOne(self, provider, message));
    co_await scope.join();
  }

  SystemClock clock;
  Loop loop{clock};
  config::ProviderConfig config;
  Fcm::Origins origins;
  FakeOrigin* origin = nullptr;
  FakeOrigin* tokenOrigin = nullptr;
  FakeRelay* relay = nullptr;
};

TEST_F(ProviderTest, FcmPostsToItsProject) {
  const auto provider = fcm();
  tokenOrigin->answers = {tokenAnswer("t1")};
  origin->answers = {answerOf(200, R"({"name":"m1"})")};
  EXPECT_EQ(send(*provider, messageTo("device")).providerMessageId, "m1");
  ASSERT_EQ(origin->requests.size(), 1u);
  EXPECT_EQ(origin->requests[0].url,
            "https://fcm.googleapis.com/v1/projects/proj%2Fect/messages:send");
  EXPECT_EQ(tokenOrigin->requests[0].url, "https://t.example/token");
  EXPECT_FALSE(provider->idempotent());
}

TEST_F(ProviderTest, FcmFetchesOneTokenForManySends) {
  const auto provider = fcm();
  tokenOrigin->answers = {tokenAnswer("t1")};
  origin->answers = {answerOf(200, R"({"name":"m"})")};
  loop.run(sendMany(*this, *provider, messageTo("device")));
  EXPECT_EQ(tokenOrigin->requests.size(), 1u);
  EXPECT_EQ(origin->requests.size(), 30u);
}

TEST_F(ProviderTest, FcmRepeatsARefusedTokenOnceWithANewOne) {
  const auto provider = fcm();
  tokenOrigin->answers = {tokenAnswer("t1"), tokenAnswer("t2")};
  origin->answers = {answerOf(401, unauthenticated), answerOf(200, R"({"name":"m"})")};
  EXPECT_EQ(send(*provider, messageTo("device")).kind, K::sent);
  EXPECT_EQ(tokenOrigin->requests.size(), 2u);
}

TEST_F(ProviderTest, FcmGivesUpAfterTheSecondRefusal) {
  const auto provider = fcm();
  tokenOrigin->answers = {tokenAnswer("t1"), tokenAnswer("t2"), tokenAnswer("t3")};
  origin->answers = {answerOf(401, unauthenticated)};
  EXPECT_EQ(send(*provider, messageTo("device")).kind, K::auth);
  EXPECT_EQ(origin->requests.size(), 2u);
}

TEST_F(ProviderTest, FcmSendsNothingThatIsTooLarge) {
  const auto provider = fcm();
  OutboundMessage message = messageTo("device");
  message.body = std::string(4'096, 'x');
  const Outcome outcome = send(*provider, message);
  EXPECT_EQ(outcome.kind, K::tooLarge);
  EXPECT_TRUE(outcome.nothingSent);
  EXPECT_TRUE(origin->requests.empty());
}

TEST_F(ProviderTest, FcmLeaksNeitherTokenNorAssertion) {
  const auto provider = fcm();
  tokenOrigin->answers = {tokenAnswer("canary-access-token")};
  origin->answers = {
      answerOf(400, R"({"error":{"status":"INVALID_ARGUMENT","message":"canary-access-token"}})")};
  EXPECT_EQ(send(*provider, messageTo("device")).error.find("canary"), std::string::npos);
}

TEST_F(ProviderTest, FcmTellsWhyNoTokenCame) {
  const auto provider = fcm();
  tokenOrigin->answers = {answerOf(400, R"({"error":"invalid_grant"})")};
  const Outcome outcome = send(*provider, messageTo("device"));
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_EQ(outcome.code, "invalid_grant");
  EXPECT_TRUE(origin->requests.empty());
}

TEST_F(ProviderTest, TwilioPostsToItsAccount) {
  const auto provider = twilio();
  origin->answers = {answerOf(201, R"({"sid":"SM01","status":"queued"})")};
  EXPECT_EQ(send(*provider, messageTo("+15558675310")).providerMessageId, "SM01");
  EXPECT_EQ(origin->requests[0].url,
            "https://api.twilio.com/2010-04-01/Accounts/AC01/Messages.json");
}

TEST_F(ProviderTest, TwilioTakesIdentifiersOfAllKinds) {
  const auto provider = twilio();
  origin->answers = {answerOf(201, R"({"sid":"SM01"})")};
  OutboundMessage message = messageTo("+15558675310");
  message.notificationId = "a\r\nAuthorization: x" + std::string(1, '\0') + "주";
  message.deliveryId = "";
  EXPECT_EQ(send(*provider, message).kind, K::sent);
}

TEST_F(ProviderTest, TwilioSendsNothingThatIsTooLongOrEmpty) {
  const auto provider = twilio();
  OutboundMessage message = messageTo("+15558675310");
  message.text = std::string(1'601, 'x');
  EXPECT_EQ(send(*provider, message).kind, K::tooLarge);
  message.text = "";
  EXPECT_EQ(send(*provider, message).kind, K::permanent);
  EXPECT_EQ(send(*provider, messageTo("")).kind, K::permanent);
  EXPECT_TRUE(origin->requests.empty());
}

TEST_F(ProviderTest, TwilioLeaksNoCredential) {
  const auto provider = twilio();
  // "AC01:canary-token", as a proxy might show it
  const char* body = R"({"code":20003,"message":"canary-token QUMwMTpjYW5hcnktdG9rZW4="})";
  origin->answers = {answerOf(401, body)};
  const Outcome outcome = send(*provider, messageTo("+15558675310"));
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_EQ(outcome.error, "HTTP status 401, code 20003: *** ***");
}

TEST_F(ProviderTest, ADeadConfigurationGivesNoAddressUp) {
  const auto provider = twilio();
  origin->answers = {answerOf(400, R"({"code":21211,"message":"no"})")};
  for (int i = 0; i < 19; ++i) {
    EXPECT_EQ(send(*provider, messageTo("+15558675310")).kind, K::recipientGone);
  }
  EXPECT_EQ(send(*provider, messageTo("+15558675310")).kind, K::auth);
}

TEST_F(ProviderTest, SmtpKeepsMessageIdAndQueueId) {
  const auto provider = smtp();
  relay->answer = {http::MailTransport::ok, http::MailStage::accepted, 250, "2.0.0",
                   "Ok: queued as 4AbC"};
  const Outcome outcome = send(*provider, messageTo("a@example.net"));
  EXPECT_EQ(outcome.kind, K::sent);
  EXPECT_EQ(outcome.providerMessageId, "<00112233445566778899aabbccddeeff@example.com> 4AbC");
  EXPECT_EQ(relay->mails[0].to, "a@example.net");
}

TEST_F(ProviderTest, SmtpSendsNothingToWhatIsNoAddress) {
  const auto provider = smtp();
  for (const char* address : {"", "a", "a@b\r\nRCPT TO:<c@d>", "a@b>,<c@d"}) {
    EXPECT_EQ(send(*provider, messageTo(address)).kind, K::permanent) << address;
  }
  EXPECT_TRUE(relay->mails.empty());
}

TEST_F(ProviderTest, SmtpLeaksNoPassword) {
  const auto provider = smtp();
  relay->answer = {http::MailTransport::refused, http::MailStage::auth, 535, "5.7.8", "no"};
  relay->answer.error =
      "535 5.7.8 canary-password AHVzZXIAY2FuYXJ5LXBhc3N3b3Jk Y2FuYXJ5LXBhc3N3b3Jk";
  const Outcome outcome = send(*provider, messageTo("a@example.net"));
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_EQ(outcome.error, "at auth: 535 5.7.8 *** *** ***");
}

TEST_F(ProviderTest, SettingsThatCannotBeUsedAreNamed) {
  http::Client client(loop);
  const auto error = [&] {
    auto made = makeProvider(config, client, loop);
    return made.ok() ? std::string("ok") : made.error().message;
  };
  config.kind = "smtp";
  config::SmtpConfig smtp;
  smtp.host = "mail.example.com";
  smtp.from = "a@example.com";
  smtp.tls = config::SmtpTls::none;
  config.settings = smtp;
  EXPECT_NE(error().find("tls"), std::string::npos);
  config.allowPlaintext = true;
  EXPECT_EQ(error(), "ok");
  config.kind = "twilio";
  config::TwilioConfig twilio;
  twilio.accountSid = "AC01";
  twilio.authToken = config::Secret("x");
  twilio.from = "+15557122661";
  twilio.baseUrl = "http://sandbox.example";
  config.settings = twilio;
  EXPECT_EQ(error(), "ok");
  config.allowPlaintext = false;
  EXPECT_NE(error().find("base_url"), std::string::npos);
  config.kind = "pigeon";
  EXPECT_NE(error().find("pigeon"), std::string::npos);
}

}  // namespace
}  // namespace tidings::providers
