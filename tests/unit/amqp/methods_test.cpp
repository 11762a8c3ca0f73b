#include "amqp/methods.h"

#include <gtest/gtest.h>

#include "amqp/frame.h"

namespace tidings::amqp {
namespace {

// The payload of the one frame in `bytes`.
std::string_view payloadOf(const std::string& bytes) {
  std::string_view left = bytes;
  Frame frame;
  EXPECT_EQ(readFrame(left, 131'072, frame), FrameRead::complete);
  EXPECT_TRUE(left.empty());
  return frame.payload;
}

TEST(Methods, AcksAndNacksAreReadAsConfirms) {
  MethodDecoder decoder;
  std::string bytes;
  put::ack(bytes, 3, 1ull << 40, true);
  const auto ack = decoder.decode(payloadOf(bytes));
  ASSERT_TRUE(ack && std::holds_alternative<Confirm>(*ack));
  EXPECT_EQ(std::get<Confirm>(*ack).tag, 1ull << 40);
  EXPECT_TRUE(std::get<Confirm>(*ack).multiple);
  EXPECT_TRUE(std::get<Confirm>(*ack).positive);
  EXPECT_EQ(bytes.size(), 21u);
  bytes.clear();
  put::nack(bytes, 3, 5, true);
  const auto nack = decoder.decode(payloadOf(bytes));
  ASSERT_TRUE(nack && std::holds_alternative<Confirm>(*nack));
  EXPECT_FALSE(std::get<Confirm>(*nack).positive);
}

TEST(Methods, CloseCarriesTheBrokersWords) {
  MethodDecoder decoder;
  std::string bytes;
  put::connectionClose(bytes, 320, "CONNECTION_FORCED");
  const auto close = decoder.decode(payloadOf(bytes));
  ASSERT_TRUE(close && std::holds_alternative<Close>(*close));
  EXPECT_EQ(std::get<Close>(*close).code, 320);
  EXPECT_EQ(std::get<Close>(*close).text, "CONNECTION_FORCED");
}

TEST(Methods, TheGreetingsTableIsSkippedHoweverItIsMade) {
  using namespace std::string_literals;
  MethodDecoder decoder;
  const std::string hostile =
      "\0\x0a\0\x0a\0\x09\0\0\0\x05\x01kF?!\0\0\0\x0ePLAIN AMQPLAIN\0\0\0\0"s;
  const auto start = decoder.decode(hostile);
  ASSERT_TRUE(start && std::holds_alternative<Start>(*start));
  EXPECT_EQ(std::get<Start>(*start).mechanisms, "PLAIN AMQPLAIN");
}

TEST(Methods, UnknownOnesAreNamedAndCutOnesRefused) {
  MethodDecoder decoder;
  const auto unknown = decoder.decode("\x01\x02\x03\x04");
  ASSERT_TRUE(unknown && std::holds_alternative<Other>(*unknown));
  EXPECT_EQ(std::get<Other>(*unknown).id, 0x01020304u);
  EXPECT_FALSE(decoder.decode("\x01\x02"));
  std::string bytes;
  put::ack(bytes, 1, 1, false);
  EXPECT_FALSE(decoder.decode(payloadOf(bytes).substr(0, 8)));
}

}  // namespace
}  // namespace tidings::amqp
