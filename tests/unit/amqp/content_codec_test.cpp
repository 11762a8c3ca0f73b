#include "amqp/content_codec.h"

#include <gtest/gtest.h>

namespace tidings::amqp {
namespace {

Properties full() {
  Properties p;
  p.contentType = "application/json";
  p.contentEncoding = "identity";
  p.messageId = "id";
  p.correlationId = "correlation";
  p.replyTo = "reply";
  p.appId = "app";
  p.type = "type";
  p.priority = 9;
  p.timestamp = 1'700'000'000;
  p.headers = {{"a", int64_t{1}}};
  return p;
}

std::string encoded(uint64_t size, const Properties& properties) {
  std::string bytes;
  encodeContentHeader(bytes, size, properties);
  return bytes;
}

TEST(ContentCodec, PropertiesSurvive) {
  for (const bool persistent : {true, false}) {
    for (Properties properties : {Properties{}, full()}) {
      properties.persistent = persistent;
      const auto header = decodeContentHeader(encoded(12345, properties));
      ASSERT_TRUE(header);
      EXPECT_EQ(header->bodySize, 12345u);
      EXPECT_EQ(header->properties, properties);
    }
  }
}

TEST(ContentCodec, EveryCutIsRefused) {
  const std::string bytes = encoded(1, full());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decodeContentHeader(std::string_view(bytes).substr(0, length))) << length;
  }
}

TEST(ContentCodec, ReadsOverExpirationAndUser) {
  std::string bytes("\0\x3c\0\0\0\0\0\0\0\0\0\x05\x01\x90", 14);  // expiration, message_id, user_id
  bytes += std::string(
      "\x03"
      "100"
      "\x02id"
      "\x04user",
      12);
  const auto header = decodeContentHeader(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->properties.messageId, "id");
  EXPECT_FALSE(header->properties.persistent);
}

TEST(ContentCodec, ABitForMoreFlagsMeansNothing) {
  std::string bytes = encoded(1, full());
  bytes[13] |= 1;
  const auto header = decodeContentHeader(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->properties, full());
}

TEST(ContentCodec, AnotherClassIsRefused) {
  std::string bytes = encoded(1, {});
  bytes[1] = 61;
  EXPECT_FALSE(decodeContentHeader(bytes));
}

}  // namespace
}  // namespace tidings::amqp
