#include "providers/smtp_answer.h"

#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using K = OutcomeKind;
using http::MailAnswer;
using http::MailStage;
using http::MailTransport;
using namespace std::chrono_literals;

Outcome refused(MailStage stage, int reply, std::string enhanced, std::string text = "") {
  MailAnswer answer{MailTransport::refused, stage, reply, std::move(enhanced), std::move(text)};
  answer.error = std::to_string(reply) + " " + answer.text;
  return classifySmtp(answer);
}

struct Row {
  MailStage stage;
  int reply;
  std::string enhanced, text;
  K kind;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << toString(row.stage) << ' ' << row.reply << ' ' << row.enhanced << ' ' << row.text;
}

class SmtpTable : public testing::TestWithParam<Row> {};

TEST_P(SmtpTable, HasItsClass) {
  const Row& row = GetParam();
  const Outcome outcome = refused(row.stage, row.reply, row.enhanced, row.text);
  EXPECT_EQ(outcome.kind, row.kind);
  EXPECT_EQ(outcome.code, row.enhanced.empty() ? std::to_string(row.reply) : row.enhanced);
  EXPECT_EQ(outcome.nothingSent, row.kind != K::unknown);
}

constexpr auto connect = MailStage::connect, auth = MailStage::auth, from = MailStage::from,
               recipient = MailStage::recipient, data = MailStage::data;

INSTANTIATE_TEST_SUITE_P(
    Temporary, SmtpTable,
    testing::Values(Row{connect, 421, "", "busy", K::transient},
                    Row{from, 421, "4.7.0", "Too many messages on this connection", K::transient},
                    Row{connect, 421, "4.3.2", "not accepting", K::throttled},
                    Row{recipient, 450, "4.2.1", "", K::transient},
                    Row{recipient, 450, "", "Greylisted", K::transient},
                    Row{recipient, 451, "4.7.1", "Greylisting in action", K::transient},
                    Row{recipient, 451, "", "local error", K::transient},
                    Row{recipient, 452, "4.2.2", "mailbox full", K::transient},
                    Row{recipient, 452, "", "", K::transient},
                    Row{recipient, 450, "4.7.1", "", K::throttled},
                    Row{recipient, 451, "4.7.500", "", K::throttled},
                    Row{recipient, 452, "", "Too many recipients this hour", K::throttled},
                    Row{data, 450, "", "Rate limit reached", K::throttled},
                    Row{data, 454, "", "Throttling failure: Maximum rate", K::throttled},
                    Row{auth, 454, "4.7.0", "Temporary authentication failure", K::transient},
                    Row{connect, 454, "", "TLS not available", K::transient},
                    Row{data, 451, "4.3.0", "", K::transient}));

INSTANTIATE_TEST_SUITE_P(
    Login, SmtpTable,
    testing::Values(Row{auth, 535, "5.7.8", "", K::auth}, Row{auth, 534, "5.7.9", "", K::auth},
                    Row{from, 530, "5.7.0", "Authentication required", K::auth},
                    Row{from, 538, "", "", K::auth}, Row{recipient, 530, "", "", K::auth},
                    Row{auth, 550, "5.7.0", "", K::auth}, Row{from, 550, "5.7.0", "", K::auth},
                    Row{data, 554, "5.7.8", "", K::auth},
                    Row{connect, 554, "", "no mail from your address", K::auth}));

INSTANTIATE_TEST_SUITE_P(
    Recipient, SmtpTable,
    testing::Values(Row{recipient, 550, "5.1.1", "", K::recipientGone},
                    Row{recipient, 550, "5.1.2", "", K::recipientGone},
                    Row{recipient, 501, "5.1.3", "", K::recipientGone},
                    Row{recipient, 551, "5.1.6", "", K::recipientGone},
                    Row{recipient, 556, "5.1.10", "", K::recipientGone},
                    Row{recipient, 550, "5.2.1", "", K::recipientGone},
                    Row{recipient, 550, "", "no such user", K::recipientGone},
                    Row{recipient, 551, "", "", K::recipientGone},
                    Row{recipient, 553, "", "", K::recipientGone},
                    Row{recipient, 552, "5.2.2", "mailbox full", K::permanent},
                    Row{recipient, 552, "", "mailbox full", K::permanent},
                    Row{recipient, 550, "", "blocked by our spam policy", K::permanent},
                    Row{recipient, 550, "5.7.1", "policy", K::permanent},
                    Row{recipient, 554, "5.7.1", "Relay access denied", K::auth},
                    Row{recipient, 550, "", "relaying denied", K::auth},
                    Row{recipient, 550, "5.1.1", "user unknown in relay domain", K::recipientGone},
                    Row{recipient, 553, "5.6.7", "needs SMTPUTF8", K::permanent}));

INSTANTIATE_TEST_SUITE_P(
    Other, SmtpTable,
    testing::Values(
        Row{from, 552, "5.3.4", "", K::tooLarge}, Row{data, 552, "5.2.3", "", K::tooLarge},
        Row{data, 554, "5.3.4", "", K::tooLarge}, Row{from, 552, "", "", K::tooLarge},
        Row{data, 552, "", "Message size exceeds limit", K::tooLarge},
        Row{data, 552, "", "storage", K::permanent}, Row{from, 553, "5.1.7", "", K::auth},
        Row{from, 550, "5.1.8", "", K::auth}, Row{from, 554, "5.7.1", "", K::auth},
        Row{from, 553, "", "", K::auth}, Row{data, 550, "5.7.1", "looks like spam", K::permanent},
        Row{data, 554, "5.7.1", "relay denied", K::auth}, Row{data, 550, "5.1.8", "", K::permanent},
        Row{data, 554, "", "", K::permanent}, Row{data, 550, "5.1.1", "", K::permanent},
        Row{from, 500, "", "", K::permanent}, Row{data, 501, "", "", K::permanent},
        Row{from, 502, "5.5.1", "", K::permanent}, Row{recipient, 503, "5.5.1", "", K::permanent},
        Row{recipient, 504, "", "", K::permanent}, Row{from, 555, "5.5.4", "", K::permanent},
        Row{data, 250, "", "", K::unknown}, Row{from, 354, "", "", K::transient}));

TEST(SmtpAnswer, Accepted) {
  MailAnswer answer{MailTransport::ok, MailStage::accepted, 250, "2.0.0", "Ok: queued as 4AbC"};
  EXPECT_EQ(classifySmtp(answer).kind, K::sent);
}

TEST(SmtpAnswer, WithoutAReplyTheTransportDecides) {
  const auto kind = [](MailTransport transport, MailStage stage) {
    return classifySmtp(MailAnswer{transport, stage}).kind;
  };
  EXPECT_EQ(kind(MailTransport::notSent, connect), K::transient);
  EXPECT_EQ(kind(MailTransport::notSent, data), K::transient);
  EXPECT_EQ(kind(MailTransport::unknown, data), K::unknown);
  EXPECT_EQ(kind(MailTransport::tls, connect), K::auth);
  EXPECT_EQ(kind(MailTransport::noAuth, auth), K::auth);
  EXPECT_EQ(kind(MailTransport::broken, connect), K::permanent);
  EXPECT_TRUE(classifySmtp(MailAnswer{MailTransport::notSent, data}).nothingSent);
  EXPECT_FALSE(classifySmtp(MailAnswer{MailTransport::unknown, data}).nothingSent);
}

TEST(SmtpAnswer, Pauses) {
  EXPECT_EQ(refused(recipient, 450, "4.7.1").retryAfter, Millis{60s});
  EXPECT_EQ(refused(recipient, 450, "", "greylisted, try later").retryAfter, Millis{5min});
  EXPECT_EQ(refused(recipient, 451, "").retryAfter, std::nullopt);
}

TEST(SmtpAnswer, SaysAtWhichStepItHappened) {
  EXPECT_EQ(refused(recipient, 550, "5.1.1", "no such user").error,
            "at recipient: 550 no such user");
}

TEST(SmtpAnswer, FindsTheQueueId) {
  EXPECT_EQ(queueIdOf("Ok: queued as 4AbC-1_2"), "4AbC-1_2");
  EXPECT_EQ(queueIdOf("Message queued as 4Ab."), "4Ab");
  EXPECT_EQ(queueIdOf("queued as 4Ab\r\nBcc: x"), "4Ab");
  EXPECT_EQ(queueIdOf("Ok"), "");
  EXPECT_EQ(queueIdOf("queued as " + std::string(500, 'a')).size(), 64u);
}

}  // namespace
}  // namespace tidings::providers
