#include "delivery/circuit_breaker.h"

#include <gtest/gtest.h>

namespace tidings::delivery {
namespace {

struct Fixture : testing::Test {
  ManualClock clock;
  CircuitBreaker breaker{{.failures = 3,
                          .cooldown = Millis{1'000},
                          .maxCooldown = Millis{3'000},
                          .probePatience = Millis{30'000}}};
  void fail(int times) {
    for (int i = 0; i < times; ++i) breaker.failed(clock.mono());
  }
};
using CircuitBreakerTest = Fixture;

TEST_F(CircuitBreakerTest, StaysClosedBelowTheThresholdAndASuccessResets) {
  fail(2);
  breaker.succeeded();
  fail(2);
  EXPECT_FALSE(breaker.blockedFor(clock.mono()));
}

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  fail(3);
  EXPECT_EQ(breaker.blockedFor(clock.mono()), Millis{1'000});
}

TEST_F(CircuitBreakerTest, ARefusalOfOurCredentialsOpensAtOnce) {
  breaker.refused(clock.mono());
  EXPECT_TRUE(breaker.blockedFor(clock.mono()));
}

TEST_F(CircuitBreakerTest, LateFailuresOfRequestsAlreadyOutDoNotProlongTheCooldown) {
  fail(3);
  clock.advance(Millis{500});
  fail(10);
  EXPECT_EQ(breaker.blockedFor(clock.mono()), Millis{500});
}

TEST_F(CircuitBreakerTest, LetsOneProbeThroughAfterTheCooldown) {
  fail(3);
  clock.advance(Millis{1'000});
  EXPECT_FALSE(breaker.blockedFor(clock.mono()));
  EXPECT_TRUE(breaker.blockedFor(clock.mono())) << "a second one waits for the probe";
  breaker.succeeded();
  EXPECT_FALSE(breaker.blockedFor(clock.mono()));
}

TEST_F(CircuitBreakerTest, AFailedProbeDoublesTheCooldownUpToItsBound) {
  fail(3);
  for (const int expected : {2'000, 3'000, 3'000}) {
    clock.advance(*breaker.blockedFor(clock.mono()));
    ASSERT_FALSE(breaker.blockedFor(clock.mono()));
    fail(1);
    EXPECT_EQ(breaker.blockedFor(clock.mono()), Millis{expected});
  }
}

TEST_F(CircuitBreakerTest, AProbeThatNeverReportsBackDoesNotBlockForEver) {
  fail(3);
  clock.advance(Millis{1'000});
  ASSERT_FALSE(breaker.blockedFor(clock.mono()));
  clock.advance(Millis{30'000});
  EXPECT_FALSE(breaker.blockedFor(clock.mono()));
}

// Measured by tests/fault/overload_test.mjs: with 10 s doubling to 300 s, and 30 s for a probe
// without an answer, a provider that was back was left alone for minutes.
TEST(CircuitBreakerDefaults, AProviderThatIsBackIsAskedWithinFiveSeconds) {
  ManualClock clock;
  CircuitBreaker byDefault;
  for (int i = 0; i < 20; ++i) byDefault.failed(clock.mono());
  for (int probes = 0; probes < 10; ++probes) {  // none of them is ever answered, or all fail late
    const MonoTime before = clock.mono();
    while (const auto blocked = byDefault.blockedFor(clock.mono())) clock.advance(*blocked);
    EXPECT_LE(clock.mono() - before, Millis{5'000});
    if (probes % 2 == 0) byDefault.failed(clock.mono());
  }
}

}  // namespace
}  // namespace tidings::delivery
