#include <gtest/gtest.h>

#include "base/rfc3339.h"
#include "notification/notification.h"

namespace tidings::notification {
namespace {

Result<Notification> decodeComment(std::string_view bytes) {
  return decode(bytes, DecodeHints{.queueType = "comment"});
}

// A valid message with `members` added.
Result<Notification> decodeWith(const std::string& members) {
  return decodeComment(R"({"id":"e1","type":"comment","recipient":"u1")" +
                       (members.empty() ? "" : "," + members) + "}");
}

std::string errorOf(const Result<Notification>& result) {
  return result ? "no error" : result.error().message;
}

TEST(Decode, ReadsEveryField) {
  const auto n =
      decodeWith(R"("title":"T","message":"M","data":{"name":"Kim"},"template":"reply",)"
                 R"("channels":["push","email"],"locale":"ko-KR","priority":7,)"
                 R"("actionUrl":"https://a.example/1","collapseKey":"c","digestKey":"d",)"
                 R"("sendAt":"2026-01-01T00:00:00Z","expiresAt":"2026-01-02T00:00:00Z",)"
                 R"("createdAt":"2025-12-31T00:00:00Z","future":[1])");
  ASSERT_TRUE(n) << errorOf(n);
  EXPECT_EQ(n->id, "e1");
  EXPECT_EQ(n->type, "comment");
  EXPECT_EQ(n->recipient, "u1");
  EXPECT_EQ(n->title, "T");
  EXPECT_EQ(n->message, "M");
  EXPECT_EQ(n->data.find("name").text(), "Kim");
  EXPECT_EQ(n->templateName, "reply");
  EXPECT_EQ(n->channels, (std::vector<std::string>{"push", "email"}));
  EXPECT_EQ(n->locale, "ko-KR");
  EXPECT_EQ(n->priority, 7);
  EXPECT_EQ(n->actionUrl, "https://a.example/1");
  EXPECT_EQ(n->collapseKey, "c");
  EXPECT_EQ(n->digestKey, "d");
  EXPECT_EQ(n->sendAt, parseRfc3339("2026-01-01T00:00:00Z"));
  EXPECT_EQ(n->expiresAt, parseRfc3339("2026-01-02T00:00:00Z"));
  EXPECT_EQ(n->createdAt, parseRfc3339("2025-12-31T00:00:00Z"));
  EXPECT_EQ(n->body.root().find("future").size(), 1u) << "unknown fields are kept";
}

TEST(Decode, FillsInDefaults) {
  const auto n = decodeWith("");
  ASSERT_TRUE(n);
  EXPECT_EQ(n->priority, 2);
  EXPECT_FALSE(n->important());
  EXPECT_TRUE(n->channels.empty());
  EXPECT_FALSE(n->data);
  EXPECT_FALSE(n->title || n->sendAt || n->expiresAt || n->createdAt || n->locale);
  EXPECT_FALSE(n->fansOut());
}

TEST(Decode, TakesNullForAbsent) {
  const auto n = decodeWith(
      R"("recipients":null,"topic":null,"title":null,"data":null,"priority":null,"channels":null,"sendAt":null)");
  ASSERT_TRUE(n) << errorOf(n);
  EXPECT_EQ(n->priority, 2);
  EXPECT_FALSE(n->data);
}

TEST(Decode, TakesAnEmptyKeyForNone) {
  const auto n = decodeWith(R"("collapseKey":"","digestKey":"","template":"","locale":"")");
  ASSERT_TRUE(n) << errorOf(n);
  EXPECT_FALSE(n->collapseKey || n->digestKey || n->templateName || n->locale);
}

TEST(Decode, IntegerRecipientsAreTheirDecimalText) {
  const auto one = decodeComment(R"({"id":"e","type":"comment","recipient":18446744073709551615})");
  ASSERT_TRUE(one) << errorOf(one);
  EXPECT_EQ(one->recipient, "18446744073709551615");
  const auto many = decodeComment(R"({"id":"e","type":"comment","recipients":[-5,"x",0]})");
  ASSERT_TRUE(many) << errorOf(many);
  EXPECT_EQ(many->recipients, (std::vector<std::string>{"-5", "x", "0"}));
  EXPECT_TRUE(many->fansOut());
}

TEST(Decode, PropertiesStandInForAbsentFields) {
  DecodeHints hints{.queueType = "comment", .messageId = "m1", .priority = 5};
  hints.timestamp = parseRfc3339("2026-01-01T00:00:00Z");
  const auto n = decode(R"({"type":"comment","topic":"t"})", hints);
  ASSERT_TRUE(n) << errorOf(n);
  EXPECT_EQ(n->id, "m1");
  EXPECT_EQ(n->priority, 5);
  EXPECT_EQ(n->createdAt, hints.timestamp);
  EXPECT_TRUE(n->fansOut());
}

TEST(Decode, FieldsWinOverProperties) {
  DecodeHints hints{.queueType = "comment", .messageId = "m1", .priority = 5};
  hints.timestamp = parseRfc3339("2026-01-01T00:00:00Z");
  const auto n = decode(
      R"({"id":"e","type":"comment","recipient":"u","priority":0,"createdAt":"2020-01-01T00:00:00Z"})",
      hints);
  ASSERT_TRUE(n) << errorOf(n);
  EXPECT_EQ(n->id, "e");
  EXPECT_EQ(n->priority, 0);
  EXPECT_EQ(n->createdAt, parseRfc3339("2020-01-01T00:00:00Z"));
}

TEST(Decode, IgnoresAPriorityPropertyOutOfRange) {
  const auto n = decode(R"({"id":"e","type":"comment","recipient":"u"})",
                        DecodeHints{.queueType = "comment", .priority = 200});
  ASSERT_TRUE(n);
  EXPECT_EQ(n->priority, 2);
}

TEST(Decode, ChecksTheMessageIdProperty) {
  DecodeHints hints{.queueType = "comment", .messageId = "a\nb"};
  const auto n = decode(R"({"type":"comment","recipient":"u"})", hints);
  EXPECT_EQ(errorOf(n),
            "the property message_id: found \"a b\", expected a string of 1 to 128 bytes without "
            "control characters");
  hints.messageId = "\xFF";
  EXPECT_FALSE(decode(R"({"type":"comment","recipient":"u"})", hints));
}

TEST(Decode, WithoutAQueueAnyTypeGoes) {
  EXPECT_TRUE(decode(R"({"id":"e","type":"like","recipient":"u"})", DecodeHints{}));
}

TEST(Decode, NormalisesAPosixLocale) {
  const auto n = decodeWith(R"("locale":"ko_KR")");
  ASSERT_TRUE(n) << errorOf(n);
  EXPECT_EQ(n->locale, "ko-KR");
}

struct Broken {
  const char* body;
  const char* error;
};

TEST(Decode, NamesPlaceFoundAndExpected) {
  const Broken cases[] = {
      {R"([1])", "the body: found an array, expected a JSON object"},
      {R"({"type":"comment","recipient":"u"})",
       "/id: found nothing, expected a string of 1 to 128 bytes without control characters"},
      {R"({"id":12,"type":"comment","recipient":"u"})",
       "/id: found 12, expected a string of 1 to 128 bytes without control characters"},
      {R"({"id":"","type":"comment","recipient":"u"})",
       "/id: found \"\", expected a string of 1 to 128 bytes without control characters"},
      {R"({"id":"e","recipient":"u"})", "/type: found nothing, expected a type's name"},
      {R"({"id":"e","type":"like","recipient":"u"})",
       "/type: found \"like\", expected \"comment\", the queue's own type"},
      {R"({"id":"e","type":"Comment!","recipient":"u"})",
       "/type: found \"Comment!\", expected 1 to 64 of the characters a-z, 0-9, _ and -"},
      {R"({"id":"e","type":"comment"})",
       "/recipient: found nothing, expected exactly one of recipient, recipients and topic"},
      {R"({"id":"e","type":"comment","recipient":"u","topic":"t"})",
       "/recipient: found 2 of them, expected exactly one of recipient, recipients and topic"},
      {R"({"id":"e","type":"comment","recipient":1.5})",
       "/recipient: found 1.5, expected a string of 1 to 128 bytes without control characters, or "
       "an integer"},
      {R"({"id":"e","type":"comment","recipients":[]})",
       "/recipients: found 0 of them, expected an array of 1 to 1000 recipients"},
      {R"({"id":"e","type":"comment","recipients":["a",null]})",
       "/recipients/1: found null, expected a string of 1 to 128 bytes without control characters, "
       "or an integer"},
      {R"({"id":"e","type":"comment","recipient":"u","priority":12})",
       "/priority: found 12, expected an integer from 0 to 9"},
      {R"({"id":"e","type":"comment","recipient":"u","priority":18446744073709551615})",
       "/priority: found 18446744073709551615, expected an integer from 0 to 9"},
      {R"({"id":"e","type":"comment","recipient":"u","priority":1e300})",
       "/priority: found 1e+300, expected an integer from 0 to 9"},
      {R"({"id":"e","type":"comment","recipient":"u","priority":"high"})",
       "/priority: found \"high\", expected an integer from 0 to 9"},
      {R"({"id":"e","type":"comment","recipient":"u","title":7})",
       "/title: found 7, expected a string"},
      {R"({"id":"e","type":"comment","recipient":"u","data":[]})",
       "/data: found an array, expected an object"},
      {R"({"id":"e","type":"comment","recipient":"u","channels":[]})",
       "/channels: found an empty array, expected an array of 1 to 16 channel names"},
      {R"({"id":"e","type":"comment","recipient":"u","channels":["push",4]})",
       "/channels/1: found 4, expected a channel's name such as \"email\""},
      {R"({"id":"e","type":"comment","recipient":"u","sendAt":"tomorrow"})",
       "/sendAt: found \"tomorrow\", expected an RFC 3339 time such as \"2026-01-31T09:30:00Z\""},
      {R"({"id":"e","type":"comment","recipient":"u","expiresAt":1700000000})",
       "/expiresAt: found 1700000000, expected an RFC 3339 time such as \"2026-01-31T09:30:00Z\""},
      {R"({"id":"e","type":"comment","recipient":"u","locale":"-ko"})",
       "/locale: found \"-ko\", expected a BCP 47 tag such as \"ko-KR\""},
  };
  for (const auto& [body, error] : cases) {
    const auto result = decodeComment(body);
    EXPECT_EQ(errorOf(result), error) << body;
    EXPECT_TRUE(!result && result.error().kind == ErrorKind::invalid);
  }
}

TEST(Decode, HoldsTheLimitsExactly) {
  const auto with = [](const std::string& field, size_t bytes) {
    return decodeWith("\"" + field + "\":\"" + std::string(bytes, 'x') + "\"");
  };
  EXPECT_TRUE(with("collapseKey", 64));
  EXPECT_EQ(errorOf(with("collapseKey", 65)),
            "/collapseKey: found a string of 65 bytes, expected a string of 1 to 64 bytes without "
            "control characters");
  EXPECT_TRUE(with("digestKey", 128));
  EXPECT_FALSE(with("digestKey", 129));
  const auto idOf = [](size_t bytes) {
    return decodeComment(R"({"type":"comment","recipient":"u","id":")" + std::string(bytes, 'x') +
                         "\"}");
  };
  EXPECT_TRUE(idOf(128));
  EXPECT_FALSE(idOf(129));
  const auto manyOf = [](size_t count) {
    std::string list = "1";
    for (size_t i = 1; i < count; ++i) list += ",1";
    return decodeComment(R"({"type":"comment","id":"e","recipients":[)" + list + "]}");
  };
  EXPECT_TRUE(manyOf(1000));
  EXPECT_FALSE(manyOf(1001));
}

TEST(Decode, LocaleHasTheShapeOfBcp47) {
  for (const char* good : {"en", "ko-KR", "zh-Hant-TW", "de-CH-1996", "x-whatever", "es-419"}) {
    EXPECT_TRUE(decodeWith("\"locale\":\"" + std::string(good) + "\"")) << good;
  }
  for (const char* bad : {"-", "en-", "en--US", "toolonglanguage", "../etc", "e n", "en/US"}) {
    EXPECT_FALSE(decodeWith("\"locale\":\"" + std::string(bad) + "\"")) << bad;
  }
}

}  // namespace
}  // namespace tidings::notification
