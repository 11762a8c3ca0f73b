#include "observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidings::observe {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(Metrics, CarriesTheNamesDashboardsRelyOn) {
  Metrics metrics({.version = "1.2.3", .worker = "w1"});
  metrics.sent("order_update", 2, "sent");
  metrics.sent("order_update", 2, "sent");
  metrics.processed("order_update", 90ms);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# TYPE notifications_sent_total counter"));
  EXPECT_THAT(
      text,
      HasSubstr(R"(notifications_sent_total{priority="2",status="sent",type="order_update"} 2)"));
  for (const char* bound : {"0.1", "0.5", "1", "2", "5", "10"}) {
    EXPECT_THAT(text, HasSubstr(std::string(R"(notification_processing_duration_seconds_bucket{)") +
                                R"(type="order_update",le=")" + bound + R"("} 1)"));
  }
  EXPECT_THAT(text, HasSubstr(R"(le="0.05"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(tidings_build_info{version="1.2.3",worker="w1"} 1)"));
}

TEST(Metrics, AllOtherNamesStartWithTidings) {
  Metrics metrics({});
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(line.starts_with("tidings_")) << line;
  }
}

TEST(Metrics, TotalsCountedElsewhereSurviveARestartFromZero) {
  Metrics metrics({});
  uint64_t frames = 10;
  metrics.onScrape([&frames](Metrics& m) { m.amqpFrames("in", frames); });
  EXPECT_THAT(metrics.text(), HasSubstr(R"(tidings_amqp_frames_total{direction="in"} 10)"));
  frames = 15;
  EXPECT_THAT(metrics.text(), HasSubstr(R"(tidings_amqp_frames_total{direction="in"} 15)"));
  frames = 4;  // a new connection
  EXPECT_THAT(metrics.text(), HasSubstr(R"(tidings_amqp_frames_total{direction="in"} 19)"));
}

// It stayed open for ever when a reload had mended the provider, or taken it away.
TEST(Metrics, ACircuitIsOpenForAsLongAsItsRouterSaysSo) {
  Metrics metrics({});
  std::map<std::string, bool> circuits{{"fcm", true}, {"apns", true}};
  metrics.onScrape([&circuits](Metrics& m) { m.circuits(circuits); });
  EXPECT_THAT(metrics.text(), HasSubstr(R"(tidings_circuit_open{provider="fcm"} 1)"));
  circuits = {{"fcm", false}, {"twilio", true}};
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr(R"(tidings_circuit_open{provider="fcm"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(tidings_circuit_open{provider="apns"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(tidings_circuit_open{provider="twilio"} 1)"));
}

TEST(Metrics, AFamilyIsBounded) {
  Metrics metrics({.maxChildren = 3});
  for (int i = 0; i < 50; ++i) metrics.skipped("t" + std::to_string(i), "muted");
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr(R"(tidings_skipped_total{reason="muted",type="t2"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr("t3")));
  EXPECT_THAT(text, HasSubstr(R"(tidings_skipped_total{reason="other",type="other"} 47)"));
}

TEST(Metrics, HostileLabelValuesStayInsideTheirQuotes) {
  Metrics metrics({});
  metrics.skipped("a\"} 1\nforged 2", "b\\");
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr(R"(type="a\"} 1 forged 2")"));
  EXPECT_THAT(text, Not(HasSubstr("\nforged")));
}

TEST(Metrics, TellsAboutTheProcess) {
  Metrics metrics({});
  const std::string text = metrics.text();
  EXPECT_THAT(text, Not(HasSubstr("tidings_process_resident_bytes 0\n")));
  EXPECT_THAT(text, HasSubstr("tidings_process_open_fds"));
  EXPECT_THAT(text, HasSubstr("tidings_process_cpu_seconds_total"));
}

}  // namespace
}  // namespace tidings::observe
