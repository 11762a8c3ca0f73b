#include "store/profile_cache.h"

#include <gtest/gtest.h>

namespace tidings::store {
namespace {

policy::Profile profile(const std::string& locale) {
  policy::Profile made;
  made.locale = locale;
  return made;
}

size_t bytesOfOne() {
  ProfileCache cache(1'000'000);
  cache.put("a", profile("1"));
  return cache.bytes();
}

TEST(ProfileCache, FindsWhatWasPutAndNothingElse) {
  ProfileCache cache(1'000);
  EXPECT_FALSE(cache.find("a"));
  cache.put("a", profile("ko"));
  ASSERT_TRUE(cache.find("a"));
  EXPECT_EQ(cache.find("a")->locale, "ko");
  cache.put("a", profile("en"));
  EXPECT_EQ(cache.find("a")->locale, "en");
  EXPECT_EQ(cache.size(), 1u);
}

TEST(ProfileCache, ForgetsTheLeastRecentlyUsed) {
  ProfileCache cache(2 * bytesOfOne());
  cache.put("a", profile("1"));
  cache.put("b", profile("2"));
  cache.find("a");
  cache.put("c", profile("3"));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
  EXPECT_EQ(cache.evictions(), 1u);
}

TEST(ProfileCache, KeepsWithinItsBytesWhateverTheSizes) {
  constexpr size_t most = 20'000;
  ProfileCache cache(most);
  for (int i = 0; i < 1'000; ++i) {
    policy::Profile large = profile("en");
    large.addresses.assign(static_cast<size_t>(i * 7 % 40), {"push", std::string(150, 'd')});
    cache.put("user-" + std::to_string(i % 300), large);
    ASSERT_LE(cache.bytes(), most);
  }
  EXPECT_GT(cache.size(), 1u);
  for (int i = 0; i < 300; ++i) cache.erase("user-" + std::to_string(i));
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(ProfileCache, ErasesOneOrAll) {
  ProfileCache cache(1'000);
  cache.put("a", profile("1"));
  cache.put("b", profile("2"));
  EXPECT_TRUE(cache.erase("a"));
  EXPECT_FALSE(cache.erase("a"));
  EXPECT_TRUE(cache.find("b"));
  cache.clear();
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_FALSE(cache.find("b"));
}

TEST(ProfileCache, OfNoBytesKeepsNothing) {
  ProfileCache cache(0);
  cache.put("a", profile("1"));
  EXPECT_FALSE(cache.find("a"));
}

}  // namespace
}  // namespace tidings::store
