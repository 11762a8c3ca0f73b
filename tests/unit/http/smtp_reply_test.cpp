#include "http/smtp_reply.h"

#include <gtest/gtest.h>

namespace tidings::http {
namespace {

SmtpReply only(std::string_view bytes) {
  SmtpReplyReader reader;
  EXPECT_TRUE(reader.feed(bytes));
  return reader.take().value_or(SmtpReply{});
}

TEST(SmtpReply, HasCodeEnhancedCodeAndText) {
  const SmtpReply reply = only("550 5.1.1 <a@b>: no such user\r\n");
  EXPECT_EQ(reply.code, 550);
  EXPECT_EQ(reply.enhanced, "5.1.1");
  EXPECT_EQ(reply.text, "<a@b>: no such user");
  EXPECT_FALSE(reply.ok());
}

TEST(SmtpReply, JoinsItsLines) {
  const SmtpReply reply =
      only("421-4.7.28 Too much\r\n421-4.7.28 mail from you.\r\n421 4.7.28 Later\r\n");
  EXPECT_EQ(reply.code, 421);
  EXPECT_EQ(reply.enhanced, "4.7.28");
  EXPECT_EQ(reply.text, "Too much mail from you. Later");
}

TEST(SmtpReply, MayBeBare) {
  EXPECT_EQ(only("250\r\n").code, 250);
  EXPECT_EQ(only("250 \n").code, 250);
  EXPECT_EQ(only("250 2.1.0\r\n").enhanced, "2.1.0");
}

TEST(SmtpReply, IsReadInAnyPieces) {
  const std::string_view bytes = "250-relay.example\r\n250-SIZE 100\r\n250 SMTPUTF8\r\n";
  SmtpReplyReader reader;
  for (const char c : bytes) EXPECT_TRUE(reader.feed({&c, 1}));
  const auto reply = reader.take();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text, "relay.example SIZE 100 SMTPUTF8");
  EXPECT_FALSE(reader.take());
}

TEST(SmtpReply, IsNotCompleteBeforeItsLastLine) {
  SmtpReplyReader reader;
  reader.feed("250-a\r\n250-b\r\n250 c");
  EXPECT_FALSE(reader.take());
  reader.feed("\r\n");
  EXPECT_TRUE(reader.take());
}

// "250 queued" and an unasked "421 closing" at once: the mail was taken, and must not be sent
// again.
TEST(SmtpReply, IsNotTakenBackByAnUnaskedOneBehindIt) {
  SmtpReplyReader reader;
  EXPECT_TRUE(reader.feed("250 2.0.0 queued\r\n421 4.4.2 closing\r\n"));
  EXPECT_EQ(reader.take()->code, 250);
  EXPECT_FALSE(reader.take());
  EXPECT_TRUE(reader.surplus());
}

TEST(SmtpReply, IsNotTakenFromSomethingElse) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "25 x\r\n", "650 x\r\n", "250x\r\n",
                            "\r\n", "abc def\r\n", "\x16\x03\x01\r\n"}) {
    SmtpReplyReader reader;
    EXPECT_FALSE(reader.feed(bytes)) << bytes;
    EXPECT_TRUE(reader.malformed());
    EXPECT_FALSE(reader.take());
  }
}

TEST(SmtpReply, StaysSmallWhateverComes) {
  SmtpReplyReader endless;
  EXPECT_FALSE(endless.feed(std::string(10'000, '2')));
  SmtpReplyReader manyLines;
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(manyLines.feed("250-" + std::string(500, 'x') + "\r\n"));
  ASSERT_TRUE(manyLines.feed("250 end\r\n"));
  EXPECT_LE(manyLines.take()->text.size(), 1100U);
}

TEST(SmtpReply, HasNoControlCharactersInItsText) {
  EXPECT_EQ(only("550 a\tb\x1b[31m\xff\r\n").text, "a b [31m\xEF\xBF\xBD");
}

TEST(EnhancedCode, MustFitTheReply) {
  EXPECT_EQ(enhancedCodeOf("5.7.26 x", 550), "5.7.26");
  EXPECT_EQ(enhancedCodeOf("4.2.0 x", 550), "");
  for (const char* text :
       {"5", "5.", "5.1", "5.1.", "5..1 x", "5.1.1x", "5.1111.1 x", "5.1.1234", "x5.1.1", ""}) {
    EXPECT_EQ(enhancedCodeOf(text, 550), "") << text;
  }
}

TEST(SmtpFeatures, AreReadFromTheGreeting) {
  SmtpFeatures features;
  features.note("250-relay.example\r\n");
  EXPECT_FALSE(features.size);
  features.note("250-size 1000\r\n");
  features.note("250 SMTPUTF8\r\n");
  EXPECT_TRUE(features.size);
  EXPECT_TRUE(features.utf8);
}

TEST(SmtpFeatures, AreNotLookAlikes) {
  SmtpFeatures features;
  features.note("250-SIZEABLE\r\n");
  features.note("550-SIZE\r\n");
  features.note("250");
  EXPECT_FALSE(features.size);
}

}  // namespace
}  // namespace tidings::http
