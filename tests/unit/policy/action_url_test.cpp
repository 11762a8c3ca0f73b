#include "policy/action_url.h"

#include <gtest/gtest.h>

namespace tidings::policy {
namespace {

const config::ActionUrlConfig rules{{"example.com", "localhost", "10.0.0.1"},
                                    "https://example.com/"};

TEST(ActionUrl, AllowedDomainsAndTheirSubdomainsPass) {
  for (const char* good :
       {"https://example.com", "http://example.com/a?b=c#d", "HTTPS://App.Example.COM:8443/x",
        "https://a.b.example.com/?next=https://evil.test/@x", "http://localhost:3000/",
        "https://example.com/\xED\x95\x9C", "http://10.0.0.1/x", "https://example.com?x"}) {
    EXPECT_EQ(safeActionUrl(good, rules), good);
  }
}

TEST(ActionUrl, EverythingElseIsReplaced) {
  for (const char* bad : {"https://evil.test/",
                          "https://example.com.evil.test/",
                          "https://notexample.com/",
                          "https://example.com@evil.test/",
                          "https://user:pw@example.com/",
                          "https://evil.test\\@example.com/",
                          "https://evil.test\\.example.com/",
                          "//example.com/",
                          "/path",
                          "example.com",
                          "javascript:alert(1)",
                          "javascript://example.com/%0aalert(1)",
                          "data:text/html,x",
                          "ftp://example.com/",
                          "https:example.com",
                          "https:///example.com",
                          "https://",
                          "https://:80/",
                          "https://.example.com/",
                          "https://a..example.com/",
                          "https://example.com./",
                          "https://exa\tmple.com/",
                          " https://example.com",
                          "https://example.com/ x",
                          "https://example.com/\n",
                          "https://%65xample.com/",
                          "https://example.com:port/",
                          "https://example.com:123456/",
                          "https://example.com:80:80/",
                          "https://[::1]/",
                          "https://ex\xD0\xB0mple.com/",
                          "https://example.com/\"onmouseover=",
                          "https://example.com/<script>",
                          "https://evil.test#.example.com",
                          "https://evil.test?.example.com",
                          "https://9.10.0.0.1.evil/",
                          "\xEF\xBB\xBFhttps://example.com/"}) {
    EXPECT_EQ(safeActionUrl(bad, rules), "https://example.com/") << bad;
  }
}

TEST(ActionUrl, ANulByteOrTooMuchIsReplaced) {
  EXPECT_FALSE(isAllowedActionUrl(std::string_view("https://example.com/\0x", 22), rules));
  EXPECT_TRUE(isAllowedActionUrl("https://example.com/" + std::string(2028, 'a'), rules));
  EXPECT_FALSE(isAllowedActionUrl("https://example.com/" + std::string(2029, 'a'), rules));
}

TEST(ActionUrl, NoneStaysNone) {
  EXPECT_EQ(safeActionUrl(std::nullopt, rules), "");
  EXPECT_EQ(safeActionUrl("", rules), "");
}

TEST(ActionUrl, WithoutDomainsNothingPasses) {
  const config::ActionUrlConfig none{{}, "https://f.test/"};
  EXPECT_EQ(safeActionUrl("https://example.com/", none), "https://f.test/");
  EXPECT_FALSE(isAllowedActionUrl("https:///", config::ActionUrlConfig{{""}, ""}));
}

}  // namespace
}  // namespace tidings::policy
