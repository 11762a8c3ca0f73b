#include "store/claim_codec.h"

#include <gtest/gtest.h>

namespace tidings::store {
namespace {

// Places of the arguments of tidings.claim().
constexpr size_t tokenAt = 1, daysAt = 2, idAt = 4, flagsAt = 11, skipAt = 12, capsAt = 13,
                 capItemAt = 14, capFirstAt = 20;

PendingClaim pending(const std::string& id, std::vector<JobClaim::Item> items, int64_t token) {
  JobClaim job;
  job.notificationId = id;
  job.recipient = "r";
  job.type = "t";
  job.items = std::move(items);
  return {std::move(job), token};
}

JobClaim::Item item(const std::string& channel, const std::string& address,
                    std::vector<CapRef> caps = {}) {
  return {{channel, address}, std::nullopt, std::move(caps)};
}

std::vector<std::string> encode(const std::vector<PendingClaim>& claims) {
  const ClaimContext context{{7}, std::chrono::hours{25}, Millis{1'000}};
  const pg::Params params = encodeClaims(claims, context);
  std::vector<std::string> values;
  for (const auto& value : params.values()) values.push_back(value.value());
  return values;
}

TEST(ClaimCodec, TheFirstJobsTokenNamesTheBatchAndRetentionIsRoundedUpToDays) {
  const auto values = encode({pending("a", {item("push", "1")}, 500),
                              pending("b", {item("push", "2"), item("sms", "3")}, 900)});
  EXPECT_EQ(values.size(), 21u);
  EXPECT_EQ(values[tokenAt], "500");
  EXPECT_EQ(values[daysAt], "2");
  EXPECT_EQ(values[idAt], R"({"a","b","b"})");
  EXPECT_EQ(values[flagsAt], "{0,0,0}");
}

TEST(ClaimCodec, FlagsTellWhatIsKnownOfAJobAndTwinsInTheBatch) {
  auto redelivered = pending("a", {item("push", "1")}, 1);
  redelivered.job.redelivered = true;
  auto replay = pending("b", {item("push", "1")}, 2);
  replay.job.replay = replay.job.exclusive = true;
  const auto twin = pending("c", {item("push", "1")}, 3);
  const auto repeating = pending("d", {item("push", "1"), item("push", "1")}, 4);
  const auto values = encode({redelivered, replay, twin, twin, repeating});
  EXPECT_EQ(values[flagsAt], "{1,6,8,8,8,8}");
}

TEST(ClaimCodec, TheFirstItemToBeSentInAChannelTakesTheSlots) {
  const std::vector<CapRef> caps{{"daily", 5, Millis{1'000}, false}, {"promo", 2, Millis{9}, true}};
  auto skipped = item("push", "1", caps);
  skipped.skip = SkipReason::muted;
  const auto values = encode({pending(
      "a", {skipped, item("push", "2", caps), item("push", "3", caps), item("sms", "4", caps)},
      1)});
  EXPECT_EQ(values[skipAt], R"({"muted",NULL,NULL,NULL})");
  EXPECT_EQ(values[capsAt], R"({NULL,"{\"daily\",\"promo\"}",NULL,"{\"daily\",\"promo\"}"})");
  EXPECT_EQ(values[capItemAt], "{1,1,2,2,3,3,4,4}");
  EXPECT_EQ(values[capFirstAt], R"({"f","f","t","t","f","f","t","t"})");
}

TEST(ClaimCodec, WhatHoldsANulByteDoesNotFit) {
  JobClaim job = pending("a", {item("push", "1")}, 1).job;
  EXPECT_TRUE(fitsDatabase(job));
  job.items[0].target.address = std::string("a\0b", 3);
  EXPECT_FALSE(fitsDatabase(job));
}

}  // namespace
}  // namespace tidings::store
