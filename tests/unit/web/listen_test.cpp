#include "web/listen.h"

#include <gtest/gtest.h>

namespace tidings::web {
namespace {

TEST(ParseListen, TakesLiteralAddressesAndAPort) {
  const auto v4 = parseListen("127.0.0.1:9464");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 9464);
  EXPECT_EQ(parseListen("[::1]:80")->host, "::1");
  EXPECT_EQ(parseListen("localhost:0")->port, 0);
  EXPECT_EQ(parseListen(":9464")->host, "");
}

TEST(ParseListen, RefusesEverythingElseAndSaysWhatItExpected) {
  for (const char* bad :
       {"", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:65536", "127.0.0.1:-1",
        "::1:80", "example.org:80", "127.0.0.1:80 "}) {
    const auto parsed = parseListen(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().kind, ErrorKind::invalid) << bad;
    EXPECT_NE(parsed.error().message.find("expected host:port"), std::string::npos) << bad;
  }
}

// Found by fuzzing: the C library stopped at the NUL and took what stood before it.
TEST(ParseListen, ANulDoesNotEndTheAddress) {
  EXPECT_FALSE(parseListen(std::string("[::1\0]]:80", 10)));
  EXPECT_FALSE(parseListen(std::string("127.0.0.1\0:80", 13)));
}

}  // namespace
}  // namespace tidings::web
