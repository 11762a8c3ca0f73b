#include "render/names.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidings::render {
namespace {

TEST(PartialName, StaysInsideItsDirectory) {
  for (const char* good : {"layout", "mail/layout", "a.b", "..a", "한글"}) {
    EXPECT_TRUE(isPartialName(good)) << good;
  }
  for (const char* bad :
       {"", "/a", "a/", "a//b", "..", "../a", "a/..", "a/../b", "./a", "a\\b", "a\nb"}) {
    EXPECT_FALSE(isPartialName(bad)) << bad;
  }
}

TEST(Locale, HasTheFormOfALanguageTag) {
  for (const char* good : {"ko", "ko-KR", "zh-Hant-TW", "es-419", "fil"})
    EXPECT_TRUE(isLocale(good));
  for (const char* bad : {"", "k", "mail", "ko_KR", "ko-", "ko-k", "12", "../ko"}) {
    EXPECT_FALSE(isLocale(bad)) << bad;
  }
}

TEST(Locale, CoversMoreSpecificOnes) {
  EXPECT_TRUE(covers("ko", "ko"));
  EXPECT_TRUE(covers("ko", "ko-KR"));
  EXPECT_TRUE(covers("ko", "KO_kr.UTF-8"));
  EXPECT_TRUE(covers("ko-KR", "ko_kr"));
  EXPECT_TRUE(covers("", "ko"));
  EXPECT_FALSE(covers("ko-KR", "ko"));
  EXPECT_FALSE(covers("ko", "kok"));
  EXPECT_FALSE(covers("ko", ""));
}

TEST(Nearest, FindsTheNameThatWasMeant) {
  const std::vector<std::string_view> known = {"push.title", "push.body", "sms"};
  EXPECT_EQ(nearest("push.titel", known), "push.title");
  EXPECT_EQ(nearest("push.boy", known), "push.body");
  EXPECT_EQ(nearest("something-else-altogether", known), "");
}

}  // namespace
}  // namespace tidings::render
