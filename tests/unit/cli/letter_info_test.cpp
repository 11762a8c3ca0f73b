#include "letter_info.h"

#include <gtest/gtest.h>

#include "letter_groups.h"

namespace tidings::cli {
namespace {

constexpr WallTime noon{std::chrono::seconds{1'700'000'000}};

queue::DeadLetter sample() {
  queue::DeadLetter letter;
  letter.body = R"({"id":"n-1","type":"order","recipient":42})";
  letter.headers.death = queue::DeathNote{"permanent", "400 bad token", "push", "fcm", noon, "q"};
  return letter;
}

TEST(Describe, TakesBodyAndHeaders) {
  const LetterInfo info = describe("order", sample());
  EXPECT_EQ(info.type, "order");
  EXPECT_EQ(info.id, "n-1");
  EXPECT_EQ(info.recipients, std::vector<std::string>{"42"});
  EXPECT_EQ(info.reason, "permanent");
  EXPECT_EQ(info.channel, "push");
  EXPECT_EQ(info.provider, "fcm");
  EXPECT_EQ(info.error, "400 bad token");
  EXPECT_EQ(info.deadAt, noon);
}

TEST(Describe, AnUnreadableBodyStillHasItsMessageId) {
  queue::DeadLetter letter = sample();
  letter.body = "{\xFF";
  letter.properties.messageId = "m-1";
  EXPECT_EQ(describe("order", letter).id, "m-1");
  letter.body = std::string(100'000, '[');
  EXPECT_EQ(describe("order", letter).id, "m-1");
}

TEST(Describe, TakesTheBrokersRecordWhereThereIsNoOther) {
  queue::DeadLetter letter;
  amqp::Table record;
  record.emplace_back("reason", std::string("delivery_limit"));
  record.emplace_back("time", amqp::Timestamp{1'700'000'000});
  letter.properties.headers.emplace_back("x-death", amqp::Array{record});
  const LetterInfo info = describe("order", letter);
  EXPECT_EQ(info.reason, "delivery_limit");
  EXPECT_EQ(info.deadAt, noon);
}

TEST(Describe, HostileHeadersAreSurvived) {
  queue::DeadLetter letter;
  letter.properties.headers.emplace_back("x-death", std::string("no array"));
  EXPECT_EQ(describe("order", letter).reason, "");
  letter.properties.headers.front().second = amqp::Array{};
  EXPECT_EQ(describe("order", letter).reason, "");
  letter.properties.headers.front().second = amqp::Array{int64_t{1}};
  EXPECT_EQ(describe("order", letter).reason, "");
}

// Counted in milliseconds such a time overflows.
TEST(Describe, AForgedTimeIsNone) {
  queue::DeadLetter letter;
  const amqp::Table record{{"time", amqp::Timestamp{uint64_t{1} << 62}}};
  letter.properties.headers.emplace_back("x-death", amqp::Array{record});
  EXPECT_EQ(describe("order", letter).deadAt, std::nullopt);
}

TEST(LetterFilter, EmptyMeansAll) {
  EXPECT_TRUE(LetterFilter{}.matches(describe("order", sample())));
}

TEST(LetterFilter, EveryConditionMustHold) {
  const LetterInfo info = describe("order", sample());
  LetterFilter filter;
  filter.reasons = {"permanent", "poison"};
  filter.recipients = {"7", "42"};
  filter.providers = {"fcm"};
  filter.since = noon;
  filter.until = noon + Millis{1};
  EXPECT_TRUE(filter.matches(info));
  filter.until = noon;
  EXPECT_FALSE(filter.matches(info));
  filter.until.reset();
  filter.providers = {"twilio"};
  EXPECT_FALSE(filter.matches(info));
}

TEST(LetterFilter, WithoutATimeOnlyUntimedFiltersMatch) {
  LetterFilter filter;
  filter.since = noon;
  EXPECT_FALSE(filter.matches(describe("order", queue::DeadLetter{})));
}

TEST(LetterInfo, DiedSinceATimeOnlyWhereTheTimeOfDeathIsKnown) {
  LetterInfo info = describe("order", sample());
  EXPECT_TRUE(info.diedSince(noon));
  EXPECT_FALSE(info.diedSince(noon + Millis{1}));
  info.deadAt.reset();
  EXPECT_FALSE(info.diedSince(noon));
}

TEST(LetterGroups, CountAndRememberTheEnds) {
  LetterGroups groups;
  LetterInfo info = describe("order", sample());
  groups.add(info);
  info.deadAt = noon - Millis{5};
  groups.add(info);
  info.error = "another";
  groups.add(info);
  const auto sorted = groups.sorted();
  ASSERT_EQ(sorted.size(), 2U);
  EXPECT_EQ(sorted[0].count, 2U);
  EXPECT_EQ(sorted[0].oldest, noon - Millis{5});
  EXPECT_EQ(sorted[0].newest, noon);
  EXPECT_EQ(groups.total(), 3U);
}

TEST(LetterGroups, ErrorsInEverNewWordsStayBounded) {
  LetterGroups groups(3);
  LetterInfo info = describe("order", sample());
  for (int i = 0; i < 100; ++i) {
    info.error = "error " + std::to_string(i);
    groups.add(info);
  }
  EXPECT_EQ(groups.sorted().size(), 4U);
  EXPECT_EQ(groups.sorted()[0].error, "(other errors)");
  EXPECT_EQ(groups.sorted()[0].count, 97U);
}

}  // namespace
}  // namespace tidings::cli
