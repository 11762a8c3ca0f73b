#include "amqp/link.h"

#include <gtest/gtest.h>

namespace tidings::amqp {
namespace {

TEST(ReconnectPause, IsNeverBelowTheFirstNorAboveTheLongest) {
  const Settings settings;
  Random random(1);
  for (int failures = 0; failures < 100; ++failures) {
    for (int i = 0; i < 50; ++i) {
      const Millis pause = reconnectPause(settings, failures, random);
      EXPECT_GE(pause, settings.reconnectFirst);
      EXPECT_LE(pause, settings.reconnectMax);
    }
  }
}

TEST(ReconnectPause, GrowsAndIsSpread) {
  const Settings settings;
  Random random(1);
  EXPECT_LE(reconnectPause(settings, 0, random), Millis{1250});
  EXPECT_GE(reconnectPause(settings, 5, random), Millis{3750});
  EXPECT_NE(reconnectPause(settings, 5, random), reconnectPause(settings, 5, random));
}

}  // namespace
}  // namespace tidings::amqp
