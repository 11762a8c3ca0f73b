#include "observe/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

namespace tidings::observe {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() { EXPECT_EQ(pipe(ends_), 0); }
  ~LogTest() override {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }
  Log::Options options() {
    Log::Options options;
    options.fd = ends_[1];
    return options;
  }
  std::string readAll() {
    close(std::exchange(ends_[1], -1));
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(ends_[0], buffer, sizeof buffer)) > 0;) {
      all.append(buffer, static_cast<size_t>(n));
    }
    return all;
  }
  static auto lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

  ManualClock clock_;
  int ends_[2] = {-1, -1};
};

TEST_F(LogTest, WritesWhatWaitsWhenItDies) {
  {
    Log log(clock_, options());
    for (int i = 0; i < 100; ++i) log.info("turn", {{"i", i}});
  }
  const std::string text = readAll();
  EXPECT_EQ(lines(text), 100);
  EXPECT_NE(text.find("event=turn i=99\n"), std::string::npos);
}

TEST_F(LogTest, LevelMayChangeWhileRunning) {
  {
    Log log(clock_, options());
    log.debug("unseen");
    log.setLevel(LogLevel::debug);
    log.debug("seen");
    log.setLevel(LogLevel::off);
    log.error("unseen");
  }
  EXPECT_EQ(lines(readAll()), 1);
}

TEST_F(LogTest, DeadTransitionsAreWarnings) {
  {
    Log log(clock_, options());
    Transition what;
    what.state = "dead";
    log.transition(what);
    what.state = "sent";
    log.transition(what);
  }
  const std::string text = readAll();
  EXPECT_NE(text.find(" warn "), std::string::npos);
  EXPECT_NE(text.find(" info "), std::string::npos);
}

TEST_F(LogTest, FlushWaitsUntilTheLinesAreOut) {
  Log log(clock_, options());
  log.info("here");
  log.flush();
  char buffer[256];
  EXPECT_GT(read(ends_[0], buffer, sizeof buffer), 0);
}

TEST_F(LogTest, AReaderThatReadsNothingCostsLinesNotTime) {
  auto limited = options();
  limited.maxBuffered = 64 * 1024;
  uint64_t dropped = 0;
  size_t logged = 0;
  {
    Log log(clock_, limited);
    // Far more than pipe and buffer hold: a blocking write would hang the test here.
    for (; logged < 20'000; ++logged) log.info("turn", {{"i", logged}});
    dropped = log.dropped();
    EXPECT_GT(dropped, 0U);
    // The pipe is read so that the destructor finds a taker.
    fcntl(ends_[0], F_SETPIPE_SZ, 1 << 20);
  }
  EXPECT_EQ(static_cast<size_t>(lines(readAll())) + dropped, logged);
}

TEST_F(LogTest, AClosedReaderIsSurvived) {
  signal(SIGPIPE, SIG_IGN);
  close(std::exchange(ends_[0], open("/dev/null", O_RDONLY)));
  Log log(clock_, options());
  log.error("nobody reads");
  log.flush();
  EXPECT_EQ(log.dropped(), 1U);
}

TEST(LogNames, RoundTrip) {
  EXPECT_EQ(parseLogLevel("warn"), LogLevel::warn);
  EXPECT_EQ(parseLogLevel("loud"), std::nullopt);
  EXPECT_EQ(parseLogFormat("json"), LogFormat::json);
  EXPECT_EQ(parseLogFormat("xml"), std::nullopt);
}

}  // namespace
}  // namespace tidings::observe
