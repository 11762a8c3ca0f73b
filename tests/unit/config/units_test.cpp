#include "config/units.h"

#include <gtest/gtest.h>

#include "config/nearest.h"

namespace tidings::config {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadsDurations) {
  EXPECT_EQ(parseDuration("500ms"), 500ms);
  EXPECT_EQ(parseDuration("2s"), 2s);
  EXPECT_EQ(parseDuration("5m"), 5min);
  EXPECT_EQ(parseDuration("1h"), 1h);
  EXPECT_EQ(parseDuration("7d"), 168h);
  EXPECT_EQ(parseDuration("1h30m"), 90min);
  EXPECT_EQ(parseDuration("0"), 0ms);
  EXPECT_EQ(parseDuration("0s"), 0ms);
}

TEST(Units, RefusesOtherDurations) {
  for (const char* bad :
       {"", "5", "s", "-1s", "+1s", "1.5s", "1 s", "1S", "1w", "1s ", " 1s", "1sm",
        "99999999999999999999s", "9223372036854775807d", "999999999d", "1h1"}) {
    EXPECT_FALSE(parseDuration(bad)) << bad;
  }
}

TEST(Units, ADurationIsWrittenAsItIsRead) {
  for (const char* text : {"500ms", "2s", "1m30s", "1h", "7d", "1d1h1m1s1ms", "0s"}) {
    EXPECT_EQ(formatDuration(*parseDuration(text)), text);
  }
}

TEST(Units, ReadsUrls) {
  const auto url = parseUrl("AMQPS://user:p%40ss@Host.example:5671/vhost");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "amqps");
  EXPECT_EQ(url->host, "host.example");
  EXPECT_EQ(url->port, 5671);
  EXPECT_TRUE(url->hasUser);
  EXPECT_EQ(parseUrl("http://[::1]:80/")->host, "::1");
  EXPECT_EQ(parseUrl("https://h")->port, 0);
  for (const char* bad :
       {"", "h", "://h", "http://", "http:///x", "http://h:99999", "http://h:0", "http://h:x",
        "http://a b", "http://a\\b", "http://[::1", "http://[x]/"}) {
    EXPECT_FALSE(parseUrl(bad)) << bad;
  }
}

TEST(Units, ReadsHostAndPort) {
  EXPECT_EQ(parseHostPort("0.0.0.0:0")->port, 0);
  EXPECT_EQ(parseHostPort("[::]:9464")->host, "::");
  for (const char* bad : {"", "9464", ":9464", "h", "h:", "h:-1", "h:65536", "::1:9464", "h:1:2"}) {
    EXPECT_FALSE(parseHostPort(bad)) << bad;
  }
}

TEST(Units, LoopbackIsThisMachineOnly) {
  for (const char* yes : {"localhost", "127.0.0.1", "127.9.9.9", "::1"})
    EXPECT_TRUE(isLoopback(yes));
  for (const char* no : {"", "127.0.0.1.example.com", "127.evil", "0.0.0.0", "localhost.evil"}) {
    EXPECT_FALSE(isLoopback(no)) << no;
  }
}

TEST(Nearest, CountsEdits) {
  EXPECT_EQ(editDistance("", "abc"), 3u);
  EXPECT_EQ(editDistance("host", "hots"), 1u);
  EXPECT_EQ(editDistance("kitten", "sitting"), 3u);
}

TEST(Nearest, SuggestsOnlyWhatIsClose) {
  EXPECT_EQ(suggestion("retires", {"retry", "retries"}), "; did you mean retries?");
  EXPECT_EQ(suggestion("xyz", {"retry", "base"}), "; known: retry, base");
  EXPECT_EQ(suggestion("x", {}), "");
}

}  // namespace
}  // namespace tidings::config
