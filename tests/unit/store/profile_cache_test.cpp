#include "store/profile_cache.h"

#include <gtest/gtest.h>

namespace tidings::store {
namespace {

ProfileCache::Entry profile(const std::string& locale) {
  auto made = std::make_shared<policy::Profile>();
  made->locale = locale;
  return made;
}

TEST(ProfileCache, FindsWhatWasPutAndNothingElse) {
  ProfileCache cache(2);
  EXPECT_EQ(cache.find("a"), nullptr);
  cache.put("a", profile("ko"));
  ASSERT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(cache.find("a")->locale, "ko");
  cache.put("a", profile("en"));
  EXPECT_EQ(cache.find("a")->locale, "en");
  EXPECT_EQ(cache.size(), 1u);
}

TEST(ProfileCache, ForgetsTheLeastRecentlyUsed) {
  ProfileCache cache(2);
  cache.put("a", profile("1"));
  cache.put("b", profile("2"));
  cache.find("a");
  cache.put("c", profile("3"));
  EXPECT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_NE(cache.find("c"), nullptr);
  EXPECT_EQ(cache.evictions(), 1u);
}

TEST(ProfileCache, ErasesOneOrAll) {
  ProfileCache cache(5);
  cache.put("a", profile("1"));
  cache.put("b", profile("2"));
  EXPECT_TRUE(cache.erase("a"));
  EXPECT_FALSE(cache.erase("a"));
  EXPECT_NE(cache.find("b"), nullptr);
  cache.clear();
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.find("b"), nullptr);
}

TEST(ProfileCache, OfNoEntriesKeepsNothing) {
  ProfileCache cache(0);
  cache.put("a", profile("1"));
  EXPECT_EQ(cache.find("a"), nullptr);
}

}  // namespace
}  // namespace tidings::store
