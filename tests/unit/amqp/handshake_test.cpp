#include "amqp/handshake.h"

#include <gtest/gtest.h>

namespace tidings::amqp {
namespace {

bool says(const std::string& bytes, std::string_view text) {
  return bytes.find(text) != std::string::npos;
}

TEST(Handshake, LogsInWithThePasswordWhereThereIsOne) {
  std::string out;
  answerStart(out, {"PLAIN EXTERNAL"}, {.tls = {.certFile = "us.pem"}},
              {.tls = true, .user = "app", .password = "secret"});
  EXPECT_TRUE(says(out, "PLAIN"));
  EXPECT_TRUE(says(out, std::string_view("\0app\0secret", 11)));
}

TEST(Handshake, LogsInWithTheCertificateWhereTheBrokerLetsUs) {
  const Settings settings{.tls = {.certFile = "us.pem"}};
  const Endpoint endpoint{.tls = true, .user = "app", .password = ""};
  std::string by, without;
  answerStart(by, {"AMQPLAIN EXTERNAL"}, settings, endpoint);
  EXPECT_TRUE(says(by, "EXTERNAL"));
  EXPECT_FALSE(says(by, "app"));
  answerStart(without, {"PLAIN EXTERNALLY"}, settings, endpoint);
  EXPECT_TRUE(says(without, "PLAIN"));
}

TEST(Handshake, AgreesOnTheLowerLimitAndTakesZeroForNone) {
  std::string out;
  const Settings settings{.heartbeat = std::chrono::seconds{7}};
  const Limits low = answerTune(out, {10, 4096, 60}, settings);
  EXPECT_EQ(low.channels, 10);
  EXPECT_EQ(low.frame, 4096u);
  EXPECT_EQ(low.heartbeat, std::chrono::seconds{7});
  const Limits none = answerTune(out, {0, 0, 0}, settings);
  EXPECT_EQ(none.channels, 2047);
  EXPECT_EQ(none.frame, wantedFrame);
  EXPECT_EQ(answerTune(out, {65535, 1u << 30, 60}, settings).frame, wantedFrame);
}

}  // namespace
}  // namespace tidings::amqp
