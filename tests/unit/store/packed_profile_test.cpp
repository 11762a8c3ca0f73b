#include "store/packed_profile.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tidings::store {
namespace {

policy::Profile again(const policy::Profile& profile) {
  std::string packed = "before";
  pack(profile, packed);
  return unpack(std::string_view(packed).substr(6));
}

void expectSame(const policy::Profile& one, const policy::Profile& other) {
  EXPECT_EQ(one.known, other.known);
  EXPECT_EQ(one.muted, other.muted);
  EXPECT_EQ(one.locale, other.locale);
  EXPECT_EQ(one.timeZone, other.timeZone);
  ASSERT_EQ(one.addresses.size(), other.addresses.size());
  for (size_t i = 0; i < one.addresses.size(); ++i) {
    EXPECT_EQ(one.addresses[i].channel, other.addresses[i].channel);
    EXPECT_EQ(one.addresses[i].address, other.addresses[i].address);
  }
  ASSERT_EQ(one.preferences.size(), other.preferences.size());
  for (size_t i = 0; i < one.preferences.size(); ++i) {
    EXPECT_EQ(one.preferences[i].scope, other.preferences[i].scope);
    EXPECT_EQ(one.preferences[i].channel, other.preferences[i].channel);
    EXPECT_EQ(one.preferences[i].enabled, other.preferences[i].enabled);
  }
}

TEST(PackedProfile, OfNobodyKnownIsThreeBytes) {
  std::string packed;
  pack({}, packed);
  EXPECT_EQ(packed.size(), 3u);
  expectSame(unpack(packed), {});
}

TEST(PackedProfile, ComesBackWhateverItHolds) {
  Random random;
  const auto text = [&](size_t most) {
    std::string made(random.bits() % (most + 1), '\0');
    for (char& c : made) c = static_cast<char>(random.bits());
    return made;
  };
  for (int run = 0; run < 500; ++run) {
    policy::Profile profile;
    profile.known = random.bits() % 2 == 0;
    profile.muted = random.bits() % 2 == 0;
    if (random.bits() % 2 == 0) profile.locale = text(64);
    if (random.bits() % 2 == 0) profile.timeZone = text(64);
    for (size_t left = random.bits() % 300; left > 0; --left) {
      profile.addresses.push_back({text(20), text(run == 0 ? 40'000 : 200)});
    }
    for (size_t left = random.bits() % 20; left > 0; --left) {
      profile.preferences.push_back({text(64), text(64), random.bits() % 2 == 0});
    }
    expectSame(again(profile), profile);
  }
}

}  // namespace
}  // namespace tidings::store
