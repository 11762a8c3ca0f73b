// The file that is shipped is what a newcomer starts from: it must work, and say the truth.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace tidings::config {
namespace {

using namespace testing;

const std::string shipped = std::string(TIDINGS_SOURCE_DIR) + "/config/tidings.yaml";

TEST(ShippedConfig, LoadsWithoutAnyVariable) {
  const auto c = load(shipped, environment());
  ASSERT_TRUE(c) << errorOf(c);
  for (const char* type : {"comment", "like", "follow", "system"}) {
    EXPECT_TRUE(findType(*c, type)) << type;
  }
  EXPECT_TRUE(c->types.at("system").critical);
  EXPECT_TRUE(c->types.at("system").caps.empty());
  EXPECT_FALSE(c->types.at("like").caps.empty());
}

// What the file shows as a value is the default of the program as well.
TEST(ShippedConfig, ShowsTheDefaults) {
  const auto c = load(shipped, environment());
  ASSERT_TRUE(c) << errorOf(c);
  const Config fresh;
  EXPECT_EQ(c->amqp.heartbeat, fresh.amqp.heartbeat);
  EXPECT_EQ(c->amqp.prefetch, fresh.amqp.prefetch);
  EXPECT_EQ(c->amqp.retryPrefetch, fresh.amqp.retryPrefetch);
  EXPECT_EQ(c->amqp.publishWindow, fresh.amqp.publishWindow);
  EXPECT_EQ(c->http.listen, fresh.http.listen);
  EXPECT_EQ(c->log.level, fresh.log.level);
  EXPECT_EQ(c->defaultLocale, fresh.defaultLocale);
  EXPECT_EQ(c->retention, fresh.retention);
  EXPECT_EQ(c->shutdownTimeout, fresh.shutdownTimeout);
}

TEST(ShippedConfig, EveryProviderCanBeSwitchedOn) {
  const TempDir dir;
  const auto key = dir.write(
      "sa.json",
      R"({"project_id":"p","client_email":"a@p","private_key":"k","private_key_id":"i","token_uri":"https://t/"})");
  const auto c = load(shipped, environment({{"FCM_ENABLED", "true"},
                                            {"FCM_SERVICE_ACCOUNT_FILE", key},
                                            {"TWILIO_ENABLED", "true"},
                                            {"TWILIO_ACCOUNT_SID", "AC1"},
                                            {"TWILIO_AUTH_TOKEN", "t"},
                                            {"TWILIO_FROM", "+15550100"}}));
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->providers.size(), 3u);
  EXPECT_TRUE(c->notes.empty());
}

TEST(ShippedConfig, ARealMailServerNeedsTls) {
  EXPECT_FALSE(
      load(shipped, environment({{"SMTP_HOST", "smtp.example.com"}, {"SMTP_TLS", "none"}})));
  EXPECT_TRUE(load(shipped, environment({{"SMTP_HOST", "smtp.example.com"},
                                         {"SMTP_TLS", "starttls"},
                                         {"SMTP_PORT", "587"},
                                         {"SMTP_USER", "u"},
                                         {"SMTP_PASSWORD", "p"}})));
}

}  // namespace
}  // namespace tidings::config
