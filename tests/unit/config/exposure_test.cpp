#include "config/exposure.h"

#include <gmock/gmock.h>

#include "unit/config/support.h"

namespace tidings::config {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> of(const std::string& yaml) {
  const auto config = read(yaml);
  EXPECT_TRUE(config) << errorOf(config);
  return config ? exposures(*config) : std::vector<std::string>{"not read"};
}

TEST(Exposures, NoneOnThisMachineOrWithProof) {
  EXPECT_THAT(of(base), IsEmpty());
  EXPECT_THAT(of(changed("amqp://u:secretpw@127.0.0.1", "amqps://u:secretpw@broker.example.com")),
              IsEmpty());
  EXPECT_THAT(of(changed("127.0.0.1/tidings\nproviders",
                         "db.example.com/tidings?sslmode=verify-full\nproviders")),
              IsEmpty());
}

TEST(Exposures, NameTheKeyAndNoSecret) {
  const auto broker =
      of(changed("@127.0.0.1/tidings\npostgres", "@broker.example.com/tidings\npostgres"));
  EXPECT_THAT(broker, ElementsAre(HasSubstr("amqp.urls: ")));
  EXPECT_THAT(broker[0], HasSubstr("broker.example.com"));
  EXPECT_EQ(broker[0].find("secretpw"), std::string::npos);
  for (const char* more : {"", "?sslmode=disable", "?sslmode=require", "?sslmode=verify-ca"}) {
    const std::string url = std::string("db.example.com/tidings") + more + "\nproviders";
    EXPECT_THAT(of(changed("127.0.0.1/tidings\nproviders", url)),
                ElementsAre(HasSubstr("postgres.url: without sslmode=verify-full")));
  }
}

TEST(Exposures, ADatabaseThatTheEnvironmentNames) {
  for (const char* address : {"/tidings", "/tidings?service=main"}) {
    const std::string url = std::string(address) + "\nproviders";
    EXPECT_THAT(of(changed("127.0.0.1/tidings\nproviders", url)),
                ElementsAre(HasSubstr("which PGHOST or a service names")));
  }
  EXPECT_THAT(
      of(changed("127.0.0.1/tidings\nproviders", "/tidings?sslmode=verify-full\nproviders")),
      IsEmpty());
}

// In the key file, not in the configuration.
TEST(Exposures, WhereAccessTokensComeFrom) {
  const auto fcm = [](const std::string& tokenUri) {
    const std::string account =
        R"({"project_id":"p","client_email":"a@p","private_key":"k","private_key_id":"i",)"
        R"("token_uri":")" +
        tokenUri + "\"}";
    return of(changed("channels:", "  fcm:\n    kind: fcm\n    allow_plaintext: true\n" +
                                       ("    service_account: '" + account + "'\nchannels:")));
  };
  EXPECT_THAT(fcm("http://tokens.example.com/t"),
              ElementsAre(HasSubstr("providers.fcm.allow_plaintext: ")));
  EXPECT_THAT(fcm("https://tokens.example.com/t"), IsEmpty());
  EXPECT_THAT(fcm("http://127.0.0.1:1/t"), IsEmpty());
}

TEST(Exposures, TheSwitchOfAProviderIsLoud) {
  EXPECT_THAT(of(changed("host: smtp.example.com",
                         "host: relay.example.com\n    tls: none\n    allow_plaintext: true")),
              ElementsAre(HasSubstr("providers.mail.allow_plaintext: ")));
  EXPECT_THAT(
      of(changed("kind: twilio",
                 "kind: twilio\n    base_url: http://sandbox:1\n    allow_plaintext: true")),
      ElementsAre(HasSubstr("providers.sms1.allow_plaintext: ")));
}

}  // namespace
}  // namespace tidings::config
