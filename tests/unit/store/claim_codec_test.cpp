#include "store/claim_codec.h"

#include <gtest/gtest.h>

#include "unit/pg/readable.h"

namespace tidings::store {
namespace {

// Places of the arguments of tidings.claim().
constexpr size_t tokenAt = 1, daysAt = 2, idAt = 4, flagsAt = 11, skipAt = 12, capsAt = 13,
                 capItemAt = 14, capFirstAt = 20;

JobClaim jobOf(const std::string& id, std::vector<JobClaim::Item> items) {
  JobClaim job;
  job.notificationId = id;
  job.recipient = "r";
  job.type = "t";
  job.items = std::move(items);
  return job;
}

JobClaim::Item item(const std::string& channel, const std::string& address,
                    std::vector<CapRef> caps = {}) {
  return {{channel, address}, std::nullopt, std::move(caps)};
}

// The first job's token is 500, and so on.
std::vector<std::string> encode(const std::vector<JobClaim>& jobs) {
  std::vector<PendingClaim> claims;
  for (const JobClaim& job : jobs) {
    claims.push_back({&job, 500 + 100 * static_cast<int64_t>(claims.size())});
  }
  const ClaimContext context{{7}, std::chrono::hours{25}, Millis{1'000}};
  const pg::Params params = encodeClaims(claims, context);
  std::vector<std::string> values;
  for (const auto& value : params.values()) values.push_back(pg::readable(value));
  return values;
}

TEST(ClaimCodec, WhereAMessageWasTriedBeforeEachItemTellsItsRecord) {
  JobClaim tried = jobOf("b", {item("push", "2"), item("push", "3")});
  tried.tried = -9;
  const JobClaim first = jobOf("a", {item("push", "1")});
  EXPECT_EQ(encode({first, tried}).at(21), "{NULL,-9,-9}");
  EXPECT_EQ(claimSqlFor({{&first, 1}}), claimSql);
  EXPECT_NE(claimSqlFor({{&first, 1}, {&tried, 2}}).find(claimSql), std::string_view::npos);
}

TEST(ClaimCodec, ARecordEndsWhereTheLogCountsDeathsOrNothingIsLeftToDo) {
  const auto ends = [](std::vector<Verdict> verdicts) {
    std::vector<ClaimAnswer> answers;
    for (const Verdict verdict : verdicts) answers.push_back({.verdict = verdict});
    return endsRecord(answers);
  };
  using enum Verdict;
  EXPECT_FALSE(ends({}));
  for (const Verdict verdict : {claimed, takenOver, skipped, suspect}) {
    EXPECT_TRUE(ends({followUp, verdict})) << toString(verdict);
  }
  EXPECT_FALSE(ends({duplicate, capped, busy, followUp, poison}));
}

TEST(ClaimCodec, TheFirstJobsTokenNamesTheBatchAndRetentionIsRoundedUpToDays) {
  const auto values =
      encode({jobOf("a", {item("push", "1")}), jobOf("b", {item("push", "2"), item("sms", "3")})});
  EXPECT_EQ(values.size(), 21u) << "and nothing of tries, where there was none";
  EXPECT_EQ(values[tokenAt], "500");
  EXPECT_EQ(values[daysAt], "2");
  EXPECT_EQ(values[idAt], R"({"a","b","b"})");
  EXPECT_EQ(values[flagsAt], "{0,0,0}");
}

TEST(ClaimCodec, FlagsTellWhatIsKnownOfAJobAndTwinsInTheBatch) {
  auto redelivered = jobOf("a", {item("push", "1")});
  redelivered.redelivered = true;
  auto replay = jobOf("b", {item("push", "1")});
  replay.replay = replay.exclusive = true;
  const auto twin = jobOf("c", {item("push", "1")});
  const auto repeating = jobOf("d", {item("push", "1"), item("push", "1")});
  const auto values = encode({redelivered, replay, twin, twin, repeating});
  EXPECT_EQ(values[flagsAt], "{1,6,8,8,8,8}");
}

TEST(ClaimCodec, TheFirstItemToBeSentInAChannelTakesTheSlots) {
  const std::vector<CapRef> caps{{"daily", 5, Millis{1'000}, false}, {"promo", 2, Millis{9}, true}};
  auto skipped = item("push", "1", caps);
  skipped.skip = SkipReason::muted;
  const auto values = encode({jobOf(
      "a", {skipped, item("push", "2", caps), item("push", "3", caps), item("sms", "4", caps)})});
  EXPECT_EQ(values[skipAt], R"({"muted",NULL,NULL,NULL})");
  EXPECT_EQ(values[capsAt], R"({NULL,"{"daily","promo"}",NULL,"{"daily","promo"}"})");
  EXPECT_EQ(values[capItemAt], "{1,1,2,2,3,3,4,4}");
  EXPECT_EQ(values[capFirstAt], "{0,0,1,1,0,0,1,1}");
}

TEST(ClaimCodec, WhatHoldsANulByteDoesNotFit) {
  JobClaim job = jobOf("a", {item("push", "1")});
  EXPECT_TRUE(fitsDatabase(job));
  job.items[0].target.address = std::string("a\0b", 3);
  EXPECT_FALSE(fitsDatabase(job));
}

}  // namespace
}  // namespace tidings::store
