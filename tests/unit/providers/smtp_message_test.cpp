#include "providers/smtp_message.h"

#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

constexpr WallTime now{std::chrono::seconds{1'767'323'045}};
constexpr std::string_view everyBreak = "a\r\nBcc: x@example.com\r\n\r\nbody\nX: y\rZ: z";

config::SmtpConfig settings() {
  config::SmtpConfig config;
  config.from = "Tidings <no-reply@example.com>";
  return config;
}

MailStyle style(const config::SmtpConfig& config = settings()) {
  auto made = mailStyleOf(config);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return std::move(*made);
}

ReadMail sent(const OutboundMessage& message, const config::SmtpConfig& config = settings()) {
  return readMail(buildMail(message, style(config), now).message);
}

TEST(SmtpMessage, Golden) {
  config::SmtpConfig config = settings();
  config.replyTo = "help@example.com";
  config.listUnsubscribe = "https://app.example.com/u/{{recipient}}, mailto:u@example.com";
  OutboundMessage message = messageTo("a@example.net");
  message.text = "Hello\nyou";
  message.html = "<p>Hello</p>";
  const http::Mail mail = buildMail(message, style(config), now);
  EXPECT_EQ(mail.from, "no-reply@example.com");
  EXPECT_EQ(mail.to, "a@example.net");
  EXPECT_EQ(mail.message,
            "From: Tidings <no-reply@example.com>\r\n"
            "To: a@example.net\r\n"
            "Reply-To: help@example.com\r\n"
            "Subject: Order shipped\r\n"
            "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"
            "Message-ID: <00112233445566778899aabbccddeeff@example.com>\r\n"
            "X-Notification-Id: order-4711\r\n"
            "X-Tidings-Delivery: 00112233445566778899aabbccddeeff\r\n"
            "List-Unsubscribe: <https://app.example.com/u/user-7>,\r\n"
            " <mailto:u@example.com>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/alternative; boundary=\"=_tidings\"\r\n"
            "\r\n"
            "--=_tidings\r\n"
            "Content-Type: text/plain; charset=UTF-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\n"
            "SGVsbG8NCnlvdQ==\r\n"
            "--=_tidings\r\n"
            "Content-Type: text/html; charset=UTF-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\n"
            "PHA+SGVsbG88L3A+\r\n"
            "--=_tidings--\r\n");
}

TEST(SmtpMessage, OneFormAloneNeedsNoAlternatives) {
  OutboundMessage message = messageTo("a@example.net");
  EXPECT_EQ(sent(message).field("Content-Type"), "text/plain; charset=UTF-8");
  message.html = "<p>주문</p>";
  message.text = "";
  const ReadMail mail = sent(message);
  EXPECT_EQ(mail.field("Content-Type"), "text/html; charset=UTF-8");
  EXPECT_EQ(decodeBase64(mail.body), "<p>주문</p>");
}

TEST(SmtpMessage, KoreanSubjectsComeBackAsTheyWere) {
  OutboundMessage message = messageTo("a@example.net");
  std::string subject;
  for (int length = 1; length < 120; ++length) {
    subject += length % 7 == 0 ? " " : length % 5 == 0 ? "x" : length % 11 == 0 ? "🚚" : "한";
    if (subject.ends_with(' ')) continue;
    message.subject = subject;
    const ReadMail mail = sent(message);
    EXPECT_EQ(decodeWords(mail.field("Subject")), subject);
    for (const std::string& line : mail.lines) EXPECT_LE(line.size(), 76u) << line;
  }
}

TEST(SmtpMessage, SubjectsThatLookEncodedAreEncoded) {
  OutboundMessage message = messageTo("a@example.net");
  message.subject = "=?UTF-8?B?aGFjaw==?=";
  const std::string field = sent(message).field("Subject");
  EXPECT_NE(field, message.subject);
  EXPECT_EQ(decodeWords(field), message.subject);
}

TEST(SmtpMessage, LongSubjectsStayWithinTheirLines) {
  OutboundMessage message = messageTo("a@example.net");
  message.subject = std::string(5'000, 'x');
  EXPECT_EQ(decodeWords(sent(message).field("Subject")), std::string(1'000, 'x'));
  message.subject = "";
  EXPECT_EQ(sent(message).field("Subject"), "(no subject)");
}

TEST(SmtpMessage, NoDataGetsOutOfItsHeader) {
  config::SmtpConfig config = settings();
  config.listUnsubscribe =
      "https://a.example/{{recipient}}/{{address}}/{{notificationId}}/{{deliveryId}}";
  OutboundMessage message = messageTo("a@example.net");
  message.subject = message.recipient = message.notificationId = message.deliveryId = everyBreak;
  message.title = message.type = message.locale = everyBreak;
  const ReadMail mail = sent(message, config);
  EXPECT_EQ(mail.count("Bcc"), 0u);
  EXPECT_EQ(mail.count("X"), 0u);
  EXPECT_EQ(mail.count("Z"), 0u);
  EXPECT_EQ(mail.fields.size(), 13u);
  EXPECT_EQ(mail.field("X-Notification-Id").find_first_of("\r\n "), std::string::npos);
}

TEST(SmtpMessage, NothingInTheTextEndsThePartOrTheMail) {
  OutboundMessage message = messageTo("a@example.net");
  message.text = "--=_tidings--\r\n.\r\nMAIL FROM:<x>\r\n";
  message.html = message.text + '\0' + "\xff";
  const ReadMail mail = sent(message);
  size_t ends = 0;
  for (const std::string& line : mail.lines) {
    ends += line == "--=_tidings--";
    EXPECT_NE(line, ".");
  }
  EXPECT_EQ(ends, 1u);
}

TEST(SmtpMessage, TheMessageIdDependsOnTheDeliveryAlone) {
  OutboundMessage message = messageTo("a@example.net");
  const std::string id = messageIdOf(message, style());
  message.subject = "other";
  message.notificationId = "other";
  EXPECT_EQ(messageIdOf(message, style()), id);
  message.deliveryId = ".odd..id with <brackets>@주";
  EXPECT_EQ(messageIdOf(message, style()),
            "<%2Eodd%2E%2Eid%20with%20%3Cbrackets%3E%40%EC%A3%BC@example.com>");
}

TEST(SmtpMessage, IdentifiersThatAreNotAsciiArePercentEncoded) {
  OutboundMessage message = messageTo("a@example.net");
  message.notificationId = "주문 100%";
  EXPECT_EQ(sent(message).field("X-Notification-Id"), "%EC%A3%BC%EB%AC%B8%20100%25");
}

TEST(SmtpMessage, SendersWithNamesOfAllKinds) {
  const auto from = [](const std::string& text) {
    config::SmtpConfig config = settings();
    config.from = text;
    return sent(messageTo("a@example.net"), config).field("From");
  };
  EXPECT_EQ(from("no-reply@example.com"), "no-reply@example.com");
  EXPECT_EQ(from("Tidings, Inc. <no-reply@example.com>"),
            "\"Tidings, Inc.\" <no-reply@example.com>");
  EXPECT_EQ(from("\"Say \\\"hi\\\"\" <no-reply@example.com>"),
            "\"Say \\\"hi\\\"\" <no-reply@example.com>");
  EXPECT_EQ(from("알림 <no-reply@example.com>"), "=?UTF-8?B?7JWM66a8?= <no-reply@example.com>");
  EXPECT_EQ(from("A\r\nBcc: x@y.z <no-reply@example.com>"),
            "\"A  Bcc: x@y.z\" <no-reply@example.com>");
}

TEST(SmtpMessage, RefusesSettingsThatCannotBeWritten) {
  const auto error = [](auto change) {
    config::SmtpConfig config = settings();
    change(config);
    const auto made = mailStyleOf(config);
    return made.ok() ? "" : made.error().message.substr(0, made.error().message.find(':'));
  };
  EXPECT_EQ(error([](auto& c) { c.from = "nobody"; }), "from");
  EXPECT_EQ(error([](auto& c) { c.from = "A <a@b> <c@d"; }), "from");
  EXPECT_EQ(error([](auto& c) { c.from = "A <a@b\r\n>"; }), "from");
  EXPECT_EQ(error([](auto& c) { c.replyTo = "a b@example.com"; }), "reply_to");
  EXPECT_EQ(error([](auto& c) { c.listUnsubscribe = "ftp://x"; }), "list_unsubscribe");
}

TEST(Mailbox, OnlyAddressesThatNeedNoQuotingAreWritable) {
  for (const char* good : {"a@b", "a.b+c@example.com", "a@[127.0.0.1]", "주문@example.com",
                           "a@한국.example", "o'neil@example.com"}) {
    EXPECT_TRUE(isWritableAddress(good)) << good;
  }
  for (const char* bad : {"",     "a",       "@b",    "a@",    "a b@c",  "a,b@c",  "<a@b>",
                          "a@b>", "a\r\n@b", "a@b\n", ".a@b",  "a.@b",   "a..b@c", "a@b c",
                          "a@.b", "\"a\"@b", "a@b,c", "a;b@c", "\xff@b", "a(b)@c", "a@b@c\r"}) {
    EXPECT_FALSE(isWritableAddress(bad)) << bad;
  }
  EXPECT_FALSE(isWritableAddress(std::string(65, 'a') + "@b"));
  EXPECT_FALSE(isWritableAddress("a@" + std::string(260, 'b')));
  EXPECT_FALSE(isWritableAddress(std::string_view("a\0@b", 4)));
}

TEST(Mime, Dates) {
  EXPECT_EQ(mailDate(WallTime{}), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(mailDate(WallTime{Millis{1'709'251'199'999}}), "Thu, 29 Feb 2024 23:59:59 +0000");
}

TEST(Mime, BodiesAreCanonicalUtf8) {
  EXPECT_EQ(mimeBody(""), "");
  EXPECT_EQ(decodeBase64(mimeBody("a\nb\r\nc\rd")), "a\r\nb\r\nc\r\nd");
  EXPECT_EQ(decodeBase64(mimeBody("\xff주\xec\xa3")), "\xEF\xBF\xBD주\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(mimeBody(std::string(58, 'a')).find("\r\n"), 76u);
}

}  // namespace
}  // namespace tidings::providers
