#include "policy/decide.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace tidings::policy {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::seconds{1'700'000'000}};

class Decide : public ::testing::Test {
 protected:
  Decide() {
    type.name = "like";
    type.channels = {"push", "email"};
    profile.known = true;
    profile.addresses = {{"push", "d1"}, {"email", "a@b"}, {"push", "d2"}, {"sms", "+1"}};
    notification.type = "like";
    notification.recipient = "u";
  }

  // "push/d1 email/a@b:muted", in order.
  std::string plan(std::span<const Target> owed = {}, std::span<const Target> begun = {}) const {
    std::string out;
    for (const auto& each :
         decide(notification, type, config, profile, now, owed, begun).deliveries) {
      out += (out.empty() ? "" : " ") + each.target.channel + "/" + each.target.address;
      if (each.skip) out.append(":").append(toString(*each.skip));
    }
    return out;
  }

  Notification notification;
  config::TypeConfig type;
  config::Config config;
  Profile profile;
};

TEST_F(Decide, OneDeliveryForEachAddressOfEachChannel) {
  EXPECT_EQ(plan(), "push/d1 push/d2 email/a@b");
}

TEST_F(Decide, AChannelWithoutAddressIsSkippedOnce) {
  profile.addresses = {{"email", "a@b"}};
  EXPECT_EQ(plan(), "push/:no_address email/a@b");
  EXPECT_EQ((profile = Profile{}, plan()), "push/:no_address email/:no_address");
}

// A row that was begun stayed as it was for ever when its address or channel was gone by then.
TEST_F(Decide, WhatWasBegunIsOwedAlsoWhereItsAddressOrChannelIsGone) {
  const std::vector<Target> begun{{"push", "d2"}, {"push", "d3"}, {"sms", "+1"}};
  EXPECT_EQ(plan({}, begun), "push/d2 push/d3:no_address sms/+1:cancelled push/d1 email/a@b");
  profile.addresses.clear();
  EXPECT_EQ(plan({}, begun),
            "push/d2:no_address push/d3:no_address sms/+1:cancelled email/:no_address");
}

TEST_F(Decide, TheSameAddressTwiceIsOneDelivery) {
  profile.addresses.push_back({"push", "d1"});
  EXPECT_EQ(plan(), "push/d1 push/d2 email/a@b");
}

TEST_F(Decide, TheMessageNarrowsAndNeverWidens) {
  notification.channels = {"email", "sms"};
  EXPECT_EQ(plan(), "email/a@b");
  EXPECT_TRUE(checkChannels(notification, type));
  notification.channels = {"sms"};
  const auto refused = checkChannels(notification, type);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "/channels: found none of the channels of the type like, expected at least one of "
            "push, email");
}

TEST_F(Decide, OptOutsCountPerChannel) {
  profile.preferences = {{"like", "push", false}};
  EXPECT_EQ(plan(), "push/d1:opted_out push/d2:opted_out email/a@b");
}

TEST_F(Decide, MuteStopsEverything) {
  profile.muted = true;
  EXPECT_EQ(plan(), "push/d1:muted push/d2:muted email/a@b:muted");
}

TEST_F(Decide, CriticalIgnoresOptOutAndMuteOnly) {
  type.critical = true;
  profile.muted = true;
  profile.preferences = {{"*", "*", false}};
  profile.addresses = {{"email", "a@b"}};
  EXPECT_EQ(plan(), "push/:no_address email/a@b");
  notification.expiresAt = now;
  EXPECT_EQ(plan(), "push/:expired email/a@b:expired");
}

TEST_F(Decide, ExpiresAtTheInstant) {
  notification.expiresAt = now + 1ms;
  EXPECT_EQ(plan(), "push/d1 push/d2 email/a@b");
  notification.expiresAt = now;
  EXPECT_EQ(plan(), "push/d1:expired push/d2:expired email/a@b:expired");
}

TEST_F(Decide, OnlyWhatIsOwedIsPlanned) {
  const std::vector<Target> owed{{"push", "d2"}};
  EXPECT_EQ(plan(owed), "push/d2");
  profile.preferences = {{"*", "push", false}};
  EXPECT_EQ(plan(owed), "push/d2:opted_out") << "a change of mind counts";
}

TEST_F(Decide, OwedTargetsThatAreGoneAreStillAnsweredFor) {
  const std::vector<Target> owed{{"push", "old"}, {"sms", "+1"}, {"push", ""}, {"push", "old"}};
  EXPECT_EQ(plan(owed), "push/old:no_address sms/+1:cancelled push/:no_address");
}

TEST_F(Decide, CapsAreThoseOfTypeAndChannel) {
  config.caps["all"] = {.name = "all", .types = {"*"}, .channels = {"*"}, .limit = 5, .window = 1h};
  config.caps["mails"] = {
      .name = "mails", .types = {"like"}, .channels = {"email"}, .limit = 1, .window = 1h};
  type.caps = {"all", "mails"};
  profile.preferences = {{"like", "push", false}};
  const auto made = decide(notification, type, config, profile, now);
  ASSERT_EQ(made.deliveries.size(), 3u);
  EXPECT_TRUE(made.deliveries[0].caps.empty()) << "what is skipped takes no slot";
  ASSERT_EQ(made.deliveries[2].caps.size(), 2u);
  EXPECT_EQ(made.deliveries[2].caps[1]->name, "mails");
}

// The rule as a person would look it up: ask the four questions in turn.
bool naive(const Profile& profile, const std::string& type, const std::string& channel) {
  std::map<std::pair<std::string, std::string>, bool> table;
  for (const auto& p : profile.preferences) table[{p.scope, p.channel}] = p.enabled;
  for (const auto& key : {std::pair{type, channel}, {type, "*"}, {"*", channel}, {"*", "*"}}) {
    if (const auto it = table.find(key); it != table.end()) return it->second;
  }
  return true;
}

TEST(Preferences, TheMostSpecificWinsAsInTheNaiveModel) {
  Random dice(11);
  const std::vector<std::string> types{"*", "like", "comment"}, channels{"*", "push", "email"};
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Profile profile;
    for (uint64_t n = dice.bits() % 8; n > 0; --n) {
      profile.preferences.push_back(
          {types[dice.bits() % 3], channels[dice.bits() % 3], dice.bits() % 2 == 0});
    }
    for (const char* type : {"like", "comment", "system"}) {
      for (const char* channel : {"push", "email", "sms"}) {
        const bool enabled = isEnabled(profile, type, channel);
        ASSERT_EQ(enabled, naive(profile, type, channel)) << round << type << channel;
        refused += enabled ? 0 : 1;
      }
    }
  }
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace tidings::policy
