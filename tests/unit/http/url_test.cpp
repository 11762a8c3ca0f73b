#include "http/url.h"

#include <gtest/gtest.h>

namespace tidings::http {
namespace {

TEST(BaseUrl, KeepsSchemeHostPortAndPrefix) {
  const auto url = parseBaseUrl("https://api.example.com:8443/prefix/");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->text, "https://api.example.com:8443/prefix");
  EXPECT_TRUE(url->https);
  EXPECT_FALSE(url->loopback);
}

TEST(BaseUrl, KnowsLoopback) {
  for (const char* text : {"http://127.0.0.1:8025", "http://localhost", "http://[::1]:1/x"}) {
    const auto url = parseBaseUrl(text);
    ASSERT_TRUE(url.ok()) << text;
    EXPECT_TRUE(url->loopback) << text;
  }
}

TEST(BaseUrl, RefusesWhatCouldLeakOrMislead) {
  for (const char* text :
       {"", "api.example.com", "ftp://example.com", "file:///etc/passwd",
        "https://user:secret@example.com", "https://example.com/?a=b", "https://example.com/#x",
        "https://", "https://exa mple.com", "https://example%7f.com"}) {
    const auto url = parseBaseUrl(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::invalid);
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
  }
}

TEST(Target, IsHostPortAndPathAsARequestHasThem) {
  const auto target = parseTarget("https://API.example.com:8443/a/b?c=d#e");
  ASSERT_TRUE(target);
  EXPECT_TRUE(target->https);
  EXPECT_EQ(target->authority, "API.example.com:8443");
  EXPECT_EQ(target->path, "/a/b?c=d");
  EXPECT_EQ(parseTarget("http://[::1]:80")->authority, "[::1]");
  EXPECT_EQ(parseTarget("http://[::1]:80")->path, "/");
  EXPECT_EQ(parseTarget("https://b\xC3\xBC"
                        "cher.example:443/")
                ->authority,
            "xn--bcher-kva.example");
}

TEST(Target, IsNothingThatCouldEndALineOrHideAUser) {
  for (const std::string_view url :
       {std::string_view("https://a.example/\r\nX: y"), std::string_view("https://a.example/b c"),
        std::string_view("https://a.example/\0b", 20), std::string_view("https://u:p@a.example/"),
        std::string_view("https://a%0d%0ab.example/"), std::string_view("https://a%7f.example/"),
        std::string_view("ftp://a.example/"), std::string_view("/only/a/path"),
        std::string_view()}) {
    EXPECT_FALSE(parseTarget(url)) << url;
  }
}

TEST(LoopbackHost, IsNeverAForeignNameThatLooksLikeIt) {
  EXPECT_TRUE(isLoopbackHost("127.8.9.1"));
  EXPECT_TRUE(isLoopbackHost("[::1]"));
  for (const char* host : {"127.0.0.1.example.com", "127.example.com", "localhost.example.com",
                           "128.0.0.1", "::2", "127.1", ""}) {
    EXPECT_FALSE(isLoopbackHost(host)) << host;
  }
}

// Found by fuzzing: libcurl decodes the percent signs after it looked for letters to convert, and
// lets DEL pass.
TEST(AsciiHost, APercentSignHidesNoForeignByte) {
  EXPECT_EQ(asciiHost("b%BB.example"), std::nullopt);
  EXPECT_EQ(asciiHost("b%7f.example"), std::nullopt);
}

TEST(AsciiHost, IsThePunycodeOfAnInternationalName) {
  EXPECT_EQ(asciiHost("b\xC3\xBC"
                      "cher.example"),
            "xn--bcher-kva.example");
  EXPECT_EQ(asciiHost("plain.example"), "plain.example");
  EXPECT_EQ(asciiHost("\xC3\xBC\xFF.example"), std::nullopt);  // not UTF-8
}

}  // namespace
}  // namespace tidings::http
