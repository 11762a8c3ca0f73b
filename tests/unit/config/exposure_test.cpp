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
