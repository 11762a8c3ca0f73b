// Bodies nobody's serializer writes by accident.
#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"
#include "notification/notification.h"

namespace tidings::notification {
namespace {

Result<Notification> decodeAny(std::string_view bytes) { return decode(bytes, DecodeHints{}); }

Result<Notification> decodeWith(const std::string& members) {
  return decodeAny(R"({"id":"e1","type":"comment","recipient":"u1",)" + members + "}");
}

std::string errorOf(const Result<Notification>& result) {
  return result ? "no error" : result.error().message;
}

TEST(DecodeHostile, OfEqualKeysTheLastWins) {
  const auto n = decodeWith(R"("recipient":"u2","priority":12,"priority":3)");
  ASSERT_TRUE(n) << errorOf(n);
  EXPECT_EQ(n->recipient, "u2");
  EXPECT_EQ(n->priority, 3);
}

TEST(DecodeHostile, RefusesNumbersThatOverflow) {
  EXPECT_NE(errorOf(decodeWith(R"("data":{"n":1e999})")).find("a number out of range"),
            std::string::npos);
  EXPECT_FALSE(decodeWith(R"("data":{"n":-1e999})"));
  EXPECT_TRUE(decodeWith(R"("data":{"n":1e-999})")) << "too small is zero";
  EXPECT_TRUE(decodeWith(R"("data":{"n":123456789012345678901234567890})"));
}

TEST(DecodeHostile, RefusesWhatJsonDoesNotHave) {
  for (const char* bad : {"NaN", "Infinity", "-Infinity", "nan", "01", "+1", ".5", "1.", "0x10",
                          "'a'", "undefined", "True", "[1,]", "{\"a\":1,}", "// c\n1", "/* c */1",
                          "\"a\tb\"", "\"\\x41\"", "\"\\u12\""}) {
    const auto n = decodeWith("\"x\":" + std::string(bad));
    ASSERT_FALSE(n) << bad;
    EXPECT_EQ(n.error().kind, ErrorKind::invalid);
    EXPECT_EQ(n.error().message.rfind("the body: found ", 0), 0u) << n.error().message;
  }
}

TEST(DecodeHostile, RefusesLoneSurrogates) {
  EXPECT_TRUE(decodeWith(R"("title":"\ud83d\ude80")"));
  for (const char* bad :
       {R"("\ud83d")", R"("\ude80")", R"("\ud83dx")", R"("\ud83d\ud83d")", R"("\ude80\ud83d")"}) {
    EXPECT_FALSE(decodeWith("\"title\":" + std::string(bad))) << bad;
  }
}

TEST(DecodeHostile, RefusesWhatIsNotUtf8) {
  const auto n = decodeWith("\"title\":\"a\xC0\xAF\"");
  EXPECT_EQ(errorOf(n), "the body: found bytes that are not UTF-8 at byte 55, expected UTF-8");
  EXPECT_FALSE(decodeWith("\"title\":\"\xED\xA0\x80\"")) << "an encoded surrogate";
  EXPECT_FALSE(decodeWith("\"title\":\"\xF5\x80\x80\x80\""));
  EXPECT_FALSE(decodeWith("\"\xFF\":1"));
  EXPECT_TRUE(decodeWith("\"title\":\"\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4\""));
}

TEST(DecodeHostile, RefusesControlCharactersInWhatIsStored) {
  EXPECT_FALSE(decodeAny(R"({"id":"a\u0000b","type":"comment","recipient":"u"})"));
  EXPECT_FALSE(decodeAny(R"({"id":"a","type":"comment","recipient":"u\n"})"));
  EXPECT_FALSE(decodeAny(R"({"id":"a","type":"comment","recipients":["u","\u007f"]})"));
  EXPECT_FALSE(decodeAny(R"({"id":"a","type":"comment","topic":"\u0000"})"));
  EXPECT_FALSE(decodeWith(R"("collapseKey":"\r\nX: y")"));
}

TEST(DecodeHostile, ANulByteDoesNotEndTheText) {
  const std::string body = R"({"id":"e1","type":"comment","recipient":"u1"})";
  EXPECT_FALSE(decodeAny(body + std::string(1, '\0')));
  EXPECT_FALSE(decodeAny(body + std::string("\0garbage", 8)));
}

TEST(DecodeHostile, RefusesTrailingText) {
  EXPECT_FALSE(decodeAny(R"({"id":"e1","type":"comment","recipient":"u1"}{})"));
  EXPECT_TRUE(decodeAny(" {\"id\":\"e1\",\"type\":\"comment\",\"recipient\":\"u1\"}\r\n\t "));
  EXPECT_FALSE(decodeAny(""));
  EXPECT_FALSE(decodeAny("   "));
}

TEST(DecodeHostile, DepthIsCountedWithTheOuterObject) {
  const auto nested = [](int levels) {
    return "\"data\":{\"a\":" + std::string(levels - 2, '[') + std::string(levels - 2, ']') + "}";
  };
  EXPECT_TRUE(decodeWith(nested(32)));
  const auto n = decodeWith(nested(33));
  EXPECT_EQ(errorOf(n).rfind("the body: found nesting deeper than 32 levels at byte ", 0), 0u)
      << errorOf(n);
}

TEST(DecodeHostile, ADepthBombIsCheap) {
  EXPECT_FALSE(decodeAny(std::string(maxBodyBytes, '[')));
  std::string objects;
  while (objects.size() < maxBodyBytes - 8) objects += "{\"a\":";
  EXPECT_FALSE(decodeAny(objects));
}

TEST(DecodeHostile, BracketsInStringsAreNotDepth) {
  EXPECT_TRUE(decodeWith("\"title\":\"" + std::string(100, '[') + "\""));
  EXPECT_TRUE(decodeWith("\"title\":\"\\\\\",\"message\":\"\\\"" + std::string(100, '{') + "\""));
}

TEST(DecodeHostile, SizeIsHeldExactly) {
  const auto sized = [](size_t bytes, const std::string& to) {
    const std::string head = R"({"id":"e1","type":"comment",)" + to + R"(,"title":")";
    return head + std::string(bytes - head.size() - 2, 'x') + "\"}";
  };
  EXPECT_TRUE(decodeAny(sized(maxBodyBytes, R"("recipient":"u")")));
  EXPECT_EQ(errorOf(decodeAny(sized(maxBodyBytes + 1, R"("recipient":"u")"))),
            "the body: found 262145 bytes, expected at most 262144");
  EXPECT_TRUE(decodeAny(sized(maxBodyBytes - 512, R"("topic":"t")")));
  EXPECT_FALSE(decodeAny(sized(maxBodyBytes - 511, R"("topic":"t")")))
      << "the children of a topic carry a recipient and must fit as well";
}

TEST(DecodeHostile, ErrorsAreShortCleanAndWithoutTheContent) {
  const std::string secret = "hunter2";
  for (const std::string& body :
       {"{\"id\":\"" + secret + std::string(100'000, 'x'), "{\"id\":\"" + secret + "\x01\"}",
        "{\"id\":\"" + secret + "\" oops}", std::string("\x1b[31m{")}) {
    const auto n = decodeAny(body);
    ASSERT_FALSE(n);
    EXPECT_LE(n.error().message.size(), 300u);
    EXPECT_EQ(n.error().message.find(secret), std::string::npos) << n.error().message;
    EXPECT_EQ(cleanText(n.error().message, 1000), n.error().message);
  }
}

// Whatever a broken wire or a broken app makes of a message: an answer, never a crash.
TEST(DecodeHostile, SurvivesRandomDamage) {
  const std::string good =
      R"({"id":"e1","type":"comment","recipients":[1,"b"],"data":{"a":[1,2,{"b":null}]},"title":"\u00e9"})";
  std::mt19937_64 dice(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = good;
    for (uint64_t hits = dice() % 4 + 1; hits > 0; --hits) {
      const size_t at = dice() % bad.size();
      if (dice() % 3 == 0)
        bad.erase(at, dice() % 9 + 1);
      else
        bad[at] = static_cast<char>(dice());
      if (bad.empty()) bad = "{";
    }
    const auto n = decodeAny(bad);
    if (!n) {
      EXPECT_EQ(cleanText(n.error().message, 1000), n.error().message) << bad;
    }
  }
}

}  // namespace
}  // namespace tidings::notification
