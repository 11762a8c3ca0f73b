#include "loopback.h"
#include "runtime/scope.h"

namespace tidings::http {
namespace {

using namespace std::chrono_literals;

class RelayTest : public HttpTest {
 protected:
  Relay::Options options(const char* portName, Relay::Tls tls) const {
    Relay::Options options;
    options.host = "127.0.0.1";
    options.port = servers_.port(portName);
    options.tls = tls;
    options.user = "tidings";
    options.password = "right";
    options.ehloName = "worker.example.com";
    options.caFile = servers_.file("ca");
    return options;
  }
  Relay::Options startTls() const { return options("smtp", Relay::Tls::startTls); }
  std::unique_ptr<Relay> relay(const Relay::Options& with) {
    auto made = client_.relay(with);
    if (!made.ok()) throw std::runtime_error(made.error().message);
    return std::move(*made);
  }
  static Mail mail(const std::string& local) {
    return {"no-reply@example.com", local + "@example.net", "Subject: x\r\n\r\nhello\r\n"};
  }
  MailAnswer send(Relay& to, const std::string& local, Millis wait = 10s) {
    return loop_.run(to.send(mail(local), in(wait)));
  }
};

TEST_F(RelayTest, SendsEncryptedAndAuthenticated) {
  const auto to = relay(startTls());
  const MailAnswer answer = send(*to, "a");
  ASSERT_EQ(answer.transport, MailTransport::ok) << answer.error;
  EXPECT_EQ(answer.stage, MailStage::accepted);
  EXPECT_EQ(answer.reply, 250);
  EXPECT_EQ(answer.enhanced, "2.0.0");
  EXPECT_EQ(answer.text, "Ok: queued as 4AbC");
  const auto arrived = ask("/mails")["mails"][0];
  EXPECT_EQ(arrived["ehlo"], "worker.example.com");
  EXPECT_EQ(arrived["secure"], true);
  EXPECT_EQ(arrived["authenticated"], true);
  EXPECT_EQ(arrived["from"], "MAIL FROM:<no-reply@example.com> SIZE=21");
  EXPECT_EQ(arrived["to"], "RCPT TO:<a@example.net>");
  EXPECT_EQ(arrived["raw"], "Subject: x\r\n\r\nhello\r\n");
}

TEST_F(RelayTest, SpeaksTlsFromTheFirstByte) {
  const auto to = relay(options("smtps", Relay::Tls::tls));
  EXPECT_EQ(send(*to, "a").transport, MailTransport::ok);
}

TEST_F(RelayTest, SpeaksInTheClearToLoopback) {
  auto bare = options("smtpBare", Relay::Tls::none);
  bare.user.clear();
  const auto to = relay(bare);
  EXPECT_EQ(send(*to, "a").transport, MailTransport::ok);
}

TEST_F(RelayTest, KeepsItsConnection) {
  const auto to = relay(startTls());
  for (int i = 0; i < 5; ++i) ASSERT_EQ(send(*to, "a").transport, MailTransport::ok);
  EXPECT_EQ(ask("/mails")["connections"], 1);
}

TEST_F(RelayTest, SendsALargeMailWholeWithItsDots) {
  const auto to = relay(startTls());
  Mail large = mail("a");
  for (int i = 0; i < 20'000; ++i) large.message += ".line " + std::to_string(i) + "\r\n";
  const std::string message = large.message;
  const MailAnswer answer = loop_.run(to->send(std::move(large), in(20s)));
  ASSERT_EQ(answer.transport, MailTransport::ok) << answer.error;
  std::string arrived = ask("/mails")["mails"][0]["raw"].get<std::string>();
  for (size_t at = 0; (at = arrived.find("\r\n..", at)) != std::string::npos; at += 3) {
    arrived.erase(at + 2, 1);
  }
  EXPECT_TRUE(arrived == message) << arrived.size() << " bytes of " << message.size();
}

TEST_F(RelayTest, TellsWhoWasRefusedAndGoesOnWithTheSameConnection) {
  const auto to = relay(startTls());
  const MailAnswer refused = send(*to, "550-5.1.1");
  EXPECT_EQ(refused.transport, MailTransport::refused);
  EXPECT_EQ(refused.stage, MailStage::recipient);
  EXPECT_EQ(refused.reply, 550);
  EXPECT_EQ(refused.enhanced, "5.1.1");
  EXPECT_EQ(send(*to, "a").transport, MailTransport::ok);
  EXPECT_EQ(ask("/mails")["connections"], 1);
}

TEST_F(RelayTest, TellsWhatTheContentWasRefusedWith) {
  const auto to = relay(startTls());
  const MailAnswer refused = send(*to, "data-554");
  EXPECT_EQ(refused.transport, MailTransport::refused);
  EXPECT_EQ(refused.stage, MailStage::data);
  EXPECT_EQ(refused.reply, 554);
  EXPECT_EQ(send(*to, "a").transport, MailTransport::ok);
  EXPECT_EQ(ask("/mails")["connections"], 1);
}

TEST_F(RelayTest, SaysUnknownWhenTheConnectionDiesAfterTheFinalDot) {
  const auto to = relay(startTls());
  ASSERT_EQ(send(*to, "a").transport, MailTransport::ok);
  EXPECT_EQ(send(*to, "drop-after-dot").transport, MailTransport::unknown);
  EXPECT_EQ(ask("/mails")["mails"].size(), 2U);  // not sent again
}

TEST_F(RelayTest, SaysUnknownWhenNoReplyComesAfterTheFinalDot) {
  const auto to = relay(startTls());
  ASSERT_EQ(send(*to, "a").transport, MailTransport::ok);
  EXPECT_EQ(send(*to, "hang-after-dot", 200ms).transport, MailTransport::unknown);
  EXPECT_EQ(send(*to, "a").transport, MailTransport::ok);  // on another connection
  EXPECT_EQ(ask("/mails")["connections"], 2);
}

// A mail whose DATA went out milliseconds before its deadline ended as unknown.
TEST_F(RelayTest, IsCertainThatNothingWasSentWhenNoTimeIsLeftForTheAnswer) {
  const auto to = relay(startTls());
  ASSERT_EQ(send(*to, "a").transport, MailTransport::ok);
  for (const char* slow : {"slow-rcpt", "slow-354"}) {
    const MailAnswer answer = send(*to, slow, 3s);
    EXPECT_EQ(answer.transport, MailTransport::notSent) << slow;
    EXPECT_EQ(answer.stage, MailStage::data) << slow;
    EXPECT_EQ(answer.error, "too little time was left for the relay to answer") << slow;
  }
  EXPECT_EQ(ask("/mails")["mails"].size(), 1U);
  EXPECT_EQ(ask("/mails")["connections"], 1);  // before DATA it is kept
  EXPECT_EQ(send(*to, "a").transport, MailTransport::ok);
  EXPECT_EQ(ask("/mails")["connections"], 2);  // after it, it is not
}

// The 421 was taken for the answer, and the mail sent again.
TEST_F(RelayTest, TakesAMailForAcceptedWhoseRelaySaysGoodbyeWithTheSameBreath) {
  const auto to = relay(startTls());
  EXPECT_EQ(send(*to, "accept-and-bye").transport, MailTransport::ok);
  EXPECT_EQ(send(*to, "a").transport, MailTransport::ok);
  EXPECT_EQ(ask("/mails")["connections"], 2);
}

TEST_F(RelayTest, GoesToAFreshConnectionWhenTheKeptOneSaysGoodbyeOrDies) {
  const auto to = relay(startTls());
  for (const char* last : {"bye-next", "close-next"}) {
    ASSERT_EQ(send(*to, last).transport, MailTransport::ok);
    ASSERT_EQ(send(*to, "a").transport, MailTransport::ok) << last;
  }
  const auto facts = ask("/mails");
  EXPECT_EQ(facts["mails"].size(), 4U);
  EXPECT_EQ(facts["connections"], 3);
}

TEST_F(RelayTest, TellsThatTheCredentialsWereRefusedWithoutRepeatingThem) {
  auto wrong = startTls();
  wrong.password = "canary-password";
  const auto to = relay(wrong);
  const MailAnswer answer = send(*to, "a");
  EXPECT_EQ(answer.transport, MailTransport::refused);
  EXPECT_EQ(answer.stage, MailStage::auth);
  EXPECT_EQ(answer.reply, 535);
  for (const std::string& text : {answer.error, answer.text}) {
    EXPECT_EQ(text.find("canary-password"), std::string::npos) << text;
  }
}

TEST_F(RelayTest, SendsNothingWhenTheCredentialsCanNotBeUsed) {
  const auto to = relay(options("smtpNoAuth", Relay::Tls::startTls));
  EXPECT_EQ(send(*to, "a").transport, MailTransport::noAuth);
  EXPECT_TRUE(ask("/mails")["mails"].empty());
}

TEST_F(RelayTest, SendsNothingWithoutTheEncryptionThatWasAskedFor) {
  const auto to = relay(options("smtpBare", Relay::Tls::startTls));
  EXPECT_EQ(send(*to, "a").transport, MailTransport::tls);
  EXPECT_TRUE(ask("/mails")["mails"].empty());
}

TEST_F(RelayTest, RefusesAnUnknownCa) {
  for (auto with : {startTls(), options("smtps", Relay::Tls::tls)}) {
    with.caFile = servers_.file("otherCa");
    const auto to = relay(with);
    EXPECT_EQ(send(*to, "a").transport, MailTransport::tls);
  }
}

TEST_F(RelayTest, SaysNotSentWhenNobodyAnswers) {
  for (const char* portName : {"silent", "closed"}) {
    const auto to = relay(options(portName, Relay::Tls::startTls));
    EXPECT_EQ(send(*to, "a", 200ms).transport, MailTransport::notSent) << portName;
  }
}

TEST_F(RelayTest, RefusesSettingsThatWouldExposeMailOrPassword) {
  auto far = startTls();
  far.host = "mail.example.com";
  far.tls = Relay::Tls::none;
  EXPECT_FALSE(client_.relay(far).ok());
  far.cleartext = true;
  EXPECT_FALSE(client_.relay(far).ok());  // because of the credentials
  far.user.clear();
  EXPECT_TRUE(client_.relay(far).ok());
  far.host = "mail.example.com/x";
  EXPECT_FALSE(client_.relay(far).ok());
}

// libcurl itself would wait for the reply after the final dot with its thread.
TEST_F(RelayTest, LeavesTheLoopFreeWhileTheServerThinks) {
  const auto to = relay(startTls());
  ASSERT_EQ(send(*to, "a").transport, MailTransport::ok);
  constexpr auto many = [](Relay& server, std::vector<Mail> mails, Deadline deadline,
                           int& accepted) -> Task<void> {
    constexpr auto one = [](Relay& s, Mail m, Deadline d, int& count) -> Task<void> {
      const MailAnswer answer = co_await s.send(std::move(m), d);
      count += answer.transport == MailTransport::ok;
    };
    Scope scope;
    for (Mail& each : mails) scope.spawn(one(server, std::move(each), deadline, accepted));
    co_await scope.join();
  };
  int accepted = 0;
  const MonoTime start = clock_.mono();
  loop_.run(many(*to, std::vector<Mail>(8, mail("slow")), in(10s), accepted));
  EXPECT_EQ(accepted, 8);
  EXPECT_LT(clock_.mono() - start, 1200ms);  // one after the other would take 1600
}

TEST_F(RelayTest, EndsAtOnceWhenAborted) {
  const auto to = relay(startTls());
  ASSERT_EQ(send(*to, "a").transport, MailTransport::ok);
  loop_.after(100ms, [this] { client_.abort(); });
  EXPECT_EQ(send(*to, "hang-after-dot", 60s).transport, MailTransport::unknown);
  EXPECT_EQ(send(*to, "a", 60s).transport, MailTransport::notSent);
}

TEST_F(RelayTest, SaysGoodbyeToConnectionsItNoLongerNeeds) {
  {
    const auto to = relay(startTls());
    ASSERT_EQ(send(*to, "a").transport, MailTransport::ok);
  }
  for (int i = 0; i < 50 && ask("/mails")["quits"] == 0; ++i) {
  }
  EXPECT_EQ(ask("/mails")["quits"], 1);
}

}  // namespace
}  // namespace tidings::http
