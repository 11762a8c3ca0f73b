#include <gtest/gtest.h>

#include "amqp/settings.h"

namespace tidings::amqp {
namespace {

Endpoint good(std::string_view url) {
  const auto endpoint = parseUrl(url);
  EXPECT_TRUE(endpoint.ok()) << url << ": " << (endpoint.ok() ? "" : endpoint.error().message);
  return endpoint.ok() ? *endpoint : Endpoint{};
}
std::string bad(std::string_view url) {
  const auto endpoint = parseUrl(url);
  EXPECT_FALSE(endpoint.ok()) << url;
  if (endpoint.ok()) return {};
  EXPECT_EQ(endpoint.error().kind, ErrorKind::invalid);
  return endpoint.error().message;
}

TEST(BrokerUrl, HasDefaults) {
  EXPECT_EQ(good("amqp://broker"), (Endpoint{"broker", 5672, false, "guest", "guest", "/"}));
  EXPECT_EQ(good("amqps://broker").port, 5671);
  EXPECT_TRUE(good("amqps://broker").tls);
}

TEST(BrokerUrl, TakesAllParts) {
  EXPECT_EQ(good("amqp://me:secret@broker.example:1234/tidings"),
            (Endpoint{"broker.example", 1234, false, "me", "secret", "tidings"}));
}

TEST(BrokerUrl, DecodesPercents) {
  const Endpoint endpoint = good("amqp://us%40er:p%3Aw%2f%25@h/%2Fprod%2F");
  EXPECT_EQ(endpoint.user, "us@er");
  EXPECT_EQ(endpoint.password, "p:w/%");
  EXPECT_EQ(endpoint.vhost, "/prod/");
}

TEST(BrokerUrl, AnUnencodedAtSignInThePasswordIsPartOfIt) {
  EXPECT_EQ(good("amqp://me:p@ss@host/v").password, "p@ss");
  EXPECT_EQ(good("amqp://me:p@ss@host/v").host, "host");
}

TEST(BrokerUrl, AnEmptyVhostIsTheDefaultOne) {
  EXPECT_EQ(good("amqp://h/").vhost, "/");
  EXPECT_EQ(good("amqp://h/%2f").vhost, "/");
}

TEST(BrokerUrl, TakesIpv6InBrackets) {
  EXPECT_EQ(good("amqp://u:p@[::1]:5673/v"), (Endpoint{"::1", 5673, false, "u", "p", "v"}));
  EXPECT_EQ(good("amqp://[fe80::1]").port, 5672);
  EXPECT_EQ(good("amqp://[::1]:5673").text(), "amqp://guest@[::1]:5673/");
}

TEST(BrokerUrl, TextHasNoPassword) {
  EXPECT_EQ(good("amqps://me:secret@h/v").text(), "amqps://me@h:5671/v");
}

TEST(BrokerUrl, RefusesWhatItCannotMean) {
  for (const char* url : {"",
                          "broker",
                          "http://h",
                          "amqp:/h",
                          "amqp://",
                          "amqp://:5672",
                          "amqp://h:0",
                          "amqp://h:65536",
                          "amqp://h:5672x",
                          "amqp://h/a/b",
                          "amqp://h/%",
                          "amqp://h/%2",
                          "amqp://h/%zz",
                          "amqp://h/%00",
                          "amqp://[::1",
                          "amqp://[]",
                          "amqp://[h]",
                          "amqp://[::1]5672",
                          "amqp://a b",
                          "amqp://h?x=1",
                          "amqp://h/v#x",
                          "amqp://u%0a@h"}) {
    bad(url);
  }
  bad("amqp://h/" + std::string(256, 'v'));
}

TEST(BrokerUrl, ErrorsNeverShowThePassword) {
  EXPECT_EQ(bad("amqp://u:hunter2%@h").find("hunter2"), std::string::npos);
  EXPECT_EQ(bad("amqp://u:hunter2@h:99999").find("hunter2"), std::string::npos);
}

TEST(BrokerUrl, OneBadUrlFailsTheList) {
  EXPECT_FALSE(parseUrls({}).ok());
  EXPECT_FALSE(parseUrls({"amqp://a", "nonsense"}).ok());
  EXPECT_EQ(parseUrls({"amqp://a", "amqp://b"})->size(), 2u);
}

}  // namespace
}  // namespace tidings::amqp
