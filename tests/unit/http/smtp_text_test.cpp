#include "http/smtp_text.h"

#include <gtest/gtest.h>

namespace tidings::http {
namespace {

Mail mail(std::string to, std::string from = "no-reply@example.com") {
  return {std::move(from), std::move(to), "Subject: x\r\n\r\nhi\r\n"};
}

TEST(Envelope, NamesSenderRecipientAndSize) {
  const auto envelope = smtpEnvelope(mail("a@example.net"), {.size = true, .utf8 = false});
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->from, "MAIL FROM:<no-reply@example.com> SIZE=18");
  EXPECT_EQ(envelope->to, "RCPT TO:<a@example.net>");
}

TEST(Envelope, LeavesOutWhatTheServerDoesNotOffer) {
  EXPECT_EQ(smtpEnvelope(mail("a@example.net"), {})->from, "MAIL FROM:<no-reply@example.com>");
}

TEST(Envelope, RefusesAddressesThatCouldSmuggleCommands) {
  for (const std::string& to : std::initializer_list<std::string>{
           "", "a", "@example.net", "a@", "a@b>\r\nRCPT TO:<c@d", "a@b\nDATA", "a b@c", "<a@b>",
           "a@b\t", std::string("a\0@b", 4), std::string(250, 'a') + "@b.example"}) {
    const auto envelope = smtpEnvelope(mail(to), {});
    ASSERT_FALSE(envelope.ok()) << to;
    EXPECT_EQ(envelope.error().kind, ErrorKind::permanent);
  }
}

TEST(Envelope, WritesAnInternationalHostInAscii) {
  const auto envelope = smtpEnvelope(mail("a@b\xC3\xBC"
                                          "cher.example"),
                                     {});
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->to, "RCPT TO:<a@xn--bcher-kva.example>");
}

TEST(Envelope, NeedsSmtpUtf8ForAnInternationalMailbox) {
  const std::string to = "\xED\x99\x8D\xEA\xB8\xB8\xEB\x8F\x99@example.net";
  EXPECT_FALSE(smtpEnvelope(mail(to), {}).ok());
  const auto envelope = smtpEnvelope(mail(to), {.size = false, .utf8 = true});
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(envelope->from, "MAIL FROM:<no-reply@example.com> SMTPUTF8");
}

TEST(Data, EndsWithADotOfItsOwn) {
  EXPECT_EQ(smtpData("a\r\n"), "a\r\n.\r\n");
  EXPECT_EQ(smtpData("a"), "a\r\n.\r\n");
}

TEST(Data, StuffsEveryDotThatBeginsALine) {
  EXPECT_EQ(smtpData(".\r\n..a\r\nb.\r\n"), "..\r\n...a\r\nb.\r\n.\r\n");
}

}  // namespace
}  // namespace tidings::http
