#include "http/transport.h"

#include <gtest/gtest.h>

namespace tidings::http {
namespace {

using namespace std::chrono_literals;

// libcurl's numbers, written out: they are its ABI.
struct Row {
  int code;
  Transport whenSent, whenNotSent;
};

class EveryResult : public ::testing::TestWithParam<Row> {};

TEST_P(EveryResult, IsReadByWhetherSomethingWasSent) {
  const auto [code, whenSent, whenNotSent] = GetParam();
  EXPECT_EQ(classify({.code = code, .sent = true}), whenSent);
  EXPECT_EQ(classify({.code = code, .sent = false}), whenNotSent);
}

constexpr auto ok = Transport::ok, notSent = Transport::notSent, unknown = Transport::unknown,
               tls = Transport::tls, broken = Transport::broken;

INSTANTIATE_TEST_SUITE_P(
    Table, EveryResult,
    ::testing::Values(
        Row{0, ok, ok},
        // could not resolve, connect, shake hands or pass the proxy (when sent: not again)
        Row{5, unknown, notSent}, Row{6, unknown, notSent}, Row{7, unknown, notSent},
        Row{35, unknown, notSent}, Row{97, unknown, notSent},
        // timed out
        Row{28, unknown, notSent},
        // lost on the way
        Row{16, unknown, notSent}, Row{18, unknown, notSent}, Row{52, unknown, notSent},
        Row{55, unknown, notSent}, Row{56, unknown, notSent}, Row{65, unknown, notSent},
        Row{92, unknown, notSent}, Row{42, unknown, notSent},
        // who is there?
        Row{60, unknown, tls}, Row{77, unknown, tls}, Row{58, unknown, tls}, Row{59, unknown, tls},
        Row{66, unknown, tls}, Row{82, unknown, tls}, Row{83, unknown, tls}, Row{90, unknown, tls},
        Row{91, unknown, tls},
        // ours
        Row{1, unknown, broken}, Row{3, unknown, broken}, Row{4, unknown, broken},
        Row{43, unknown, broken}, Row{48, unknown, broken},
        // no memory: another time, or another worker, has some
        Row{27, unknown, notSent},
        // one that nobody has heard of
        Row{9999, unknown, notSent}),
    [](const auto& row) { return "Curl" + std::to_string(row.param.code); });

TEST(Transport, TakesTheStatusOfAnAnswerThatGrewTooBig) {
  EXPECT_EQ(classify({.code = 23, .sent = true, .statusKnown = true, .stoppedByUs = true}), ok);
  EXPECT_EQ(classify({.code = 63, .sent = true, .statusKnown = true}), ok);
}

TEST(Transport, TakesAWholeAnswerWhateverBecameOfTheRestOfTheRequest) {
  EXPECT_EQ(classify({.code = 92, .sent = true, .statusKnown = true, .wholeAnswer = true}), ok);
}

TEST(Transport, KeepsAnAnswerWithoutAStatusUnknown) {
  EXPECT_EQ(classify({.code = 23, .sent = true, .statusKnown = false, .stoppedByUs = true}),
            unknown);
  EXPECT_EQ(classify({.code = 56, .sent = true, .statusKnown = true}), unknown);
}

TEST(RetryAfter, IsAbsentAtZeroAndClampedToADay) {
  EXPECT_EQ(retryAfterOf(0), std::nullopt);
  EXPECT_EQ(retryAfterOf(7), Millis{7s});
  EXPECT_EQ(retryAfterOf(-30), Millis{0});
  EXPECT_EQ(retryAfterOf(90'000), Millis{24h});
}

}  // namespace
}  // namespace tidings::http
