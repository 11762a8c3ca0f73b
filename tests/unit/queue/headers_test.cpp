#include "queue/headers.h"

#include <gtest/gtest.h>

#include "amqp/table_codec.h"
#include "base/utf8.h"

namespace tidings::queue {
namespace {

WallTime at(int64_t millis) { return WallTime{Millis{millis}}; }

TEST(JobHeaders, Survive) {
  JobHeaders headers;
  headers.attempt = 3;
  headers.notBefore = at(1'700'000'000'123);
  headers.rest = Millis{2'500};
  headers.firstSeen = at(1'699'999'000'456);
  headers.owed = {{"push", "token:with:colons"}, {"email", "a@example.org"}, {"sms", ""}};
  headers.replay = true;
  headers.recheck = true;
  headers.death = DeathNote{"permanent", "no such number",      "sms",
                            "twilio",    at(1'700'000'001'000), "notifications.a"};
  headers.trueBodySize = 17 << 20;
  const JobHeaders read = readHeaders(writeHeaders(headers, {}));
  EXPECT_EQ(read.attempt, 3);
  EXPECT_EQ(read.notBefore, headers.notBefore);
  EXPECT_EQ(read.rest, headers.rest);
  EXPECT_EQ(read.firstSeen, headers.firstSeen);
  EXPECT_EQ(read.owed, headers.owed);
  EXPECT_TRUE(read.replay);
  EXPECT_TRUE(read.recheck);
  ASSERT_TRUE(read.death);
  EXPECT_EQ(read.death->reason, "permanent");
  EXPECT_EQ(read.death->error, "no such number");
  EXPECT_EQ(read.death->channel, "sms");
  EXPECT_EQ(read.death->provider, "twilio");
  EXPECT_EQ(read.death->at, headers.death->at);
  EXPECT_EQ(read.death->queue, "notifications.a");
  EXPECT_EQ(read.trueBodySize, 17 << 20);
}

TEST(JobHeaders, OfAFreshMessageAreEmpty) {
  const JobHeaders headers = readHeaders({});
  EXPECT_EQ(headers.attempt, 0);
  EXPECT_FALSE(headers.notBefore || headers.firstSeen || headers.death || headers.replay);
  EXPECT_TRUE(headers.owed.empty());
}

TEST(JobHeaders, ForeignOnesStayAndTheBrokersDeathRecordsGo) {
  const amqp::Table original{{"traceparent", std::string("00-aa-bb-01")},
                             {"x-death", amqp::Array{amqp::Table{{"count", int64_t{1}}}}},
                             {"x-first-death-queue", std::string("q")},
                             {"x-last-death-reason", std::string("expired")},
                             {"x-delivery-count", int64_t{4}},
                             {"x-tidings-attempt", int64_t{9}},
                             {"x-tidings-reason", std::string("old")}};
  JobHeaders headers;
  headers.attempt = 1;
  const amqp::Table written = writeHeaders(headers, original);
  EXPECT_EQ(written.size(), 2u);
  EXPECT_EQ(*amqp::findText(written, "traceparent"), "00-aa-bb-01");
  EXPECT_EQ(*amqp::findInt(written, "x-tidings-attempt"), 1);
}

TEST(JobHeaders, WrongTypesAndValuesCountAsAbsent) {
  const amqp::Table hostile{{"x-tidings-attempt", std::string("many")},
                            {"x-tidings-not-before", int64_t{INT64_MAX}},
                            {"x-tidings-first-seen", std::string("yesterday")},
                            {"x-tidings-replay", int64_t{1}},
                            {"x-tidings-reason", amqp::Array{}},
                            {"x-tidings-body-size", int64_t{-1}},
                            {"x-tidings-deliveries", amqp::Array{int64_t{7}}},
                            {"x-delivery-count", int64_t{-3}}};
  const JobHeaders headers = readHeaders(hostile);
  EXPECT_EQ(headers.attempt, 0);
  EXPECT_FALSE(headers.notBefore || headers.firstSeen || headers.death || headers.replay);
  EXPECT_FALSE(headers.trueBodySize);
  EXPECT_TRUE(headers.owed.empty());
  EXPECT_EQ(deliveryCount(hostile), 0);
}

// It held its message up for ever, or made it end without its children.
TEST(JobHeaders, APlaceInATopicThatIsNoRecipientCountsAsAbsent) {
  const auto read = [](std::string after) {
    return readHeaders({{"x-tidings-topic-after", std::move(after)}}).topicAfter;
  };
  EXPECT_EQ(read("user-\xff"), "");
  EXPECT_EQ(read(std::string("user\0-7", 7)), "");
  EXPECT_EQ(read(std::string(200, 'u')), "");
  EXPECT_EQ(readHeaders({{"x-tidings-topic-after", int64_t{7}}}).topicAfter, "");
  EXPECT_EQ(read(std::string(128, 'u')), std::string(128, 'u'));
  // A table may name such a recipient, and the chunk that ends with it must not come again.
  EXPECT_EQ(read("사용자\n7"), "사용자\n7");
}

TEST(JobHeaders, WithoutForeignOnesOursStay) {
  amqp::Table written = writeHeaders({.attempt = 2}, {{"traceparent", std::string("00-aa-bb-01")}});
  dropForeignHeaders(written);
  EXPECT_EQ(written, writeHeaders({.attempt = 2}, {}));
}

TEST(JobHeaders, AttemptsAreClamped) {
  EXPECT_EQ(readHeaders({{"x-tidings-attempt", int64_t{-5}}}).attempt, 0);
  EXPECT_EQ(readHeaders({{"x-tidings-attempt", int64_t{INT64_MAX}}}).attempt, 1'000'000);
  EXPECT_EQ(deliveryCount({{"x-delivery-count", int64_t{INT64_MAX}}}), INT32_MAX);
}

TEST(JobHeaders, OneUnreadableTargetMeansAll) {
  const amqp::Array list{std::string("push:a"), std::string("no separator")};
  EXPECT_TRUE(readHeaders({{"x-tidings-deliveries", list}}).owed.empty());
}

TEST(JobHeaders, ErrorsAreCleanAndShort) {
  JobHeaders headers;
  headers.death = DeathNote{};
  headers.death->reason = "permanent";
  headers.death->error = "bad\xff\nline" + std::string(1000, 'e');
  const std::string error = readHeaders(writeHeaders(headers, {})).death->error;
  EXPECT_LE(error.size(), 512u);
  EXPECT_FALSE(findInvalidUtf8(error));
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST(JobHeaders, AlwaysFitInAFrame) {
  JobHeaders headers;
  headers.attempt = 1;
  for (int i = 0; i < 1000; ++i) headers.owed.push_back({"push", std::string(200, 't')});
  amqp::Table original;
  for (int i = 0; i < 100; ++i) original.emplace_back("big", std::string(10'000, 'b'));
  original.emplace_back("small", std::string("kept"));
  const amqp::Table written = writeHeaders(headers, original);
  std::string bytes;
  amqp::encodeTable(bytes, written);
  EXPECT_LT(bytes.size(), size_t{120'000});
  EXPECT_NE(amqp::findText(written, "small"), nullptr);
  EXPECT_TRUE(readHeaders(written).owed.empty());  // too many to name: all
}

}  // namespace
}  // namespace tidings::queue
