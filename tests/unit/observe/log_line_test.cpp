#include "observe/log_line.h"

#include <gtest/gtest.h>

namespace tidings::observe {
namespace {

constexpr WallTime noon{std::chrono::seconds{1'700'000'000}};

Transition sample() {
  Transition what;
  what.event = "sent";
  what.id = "n-1";
  what.type = "order_update";
  what.recipient = "42";
  what.channel = "push";
  what.provider = "fcm";
  what.state = "sent";
  what.attempt = 2;
  what.took = Millis{12};
  return what;
}

TEST(LogLine, TransitionAlwaysCarriesTheSameFieldsInJson) {
  EXPECT_EQ(formatTransition(LogFormat::json, noon, LogLevel::info, sample()),
            R"({"time":"2023-11-14T22:13:20.000Z","level":"info","event":"sent","id":"n-1",)"
            R"("type":"order_update","recipient":"42","channel":"push","provider":"fcm",)"
            R"("state":"sent","reason":"","attempt":2,"ms":12,"error":""})");
  EXPECT_EQ(formatTransition(LogFormat::json, noon, LogLevel::warn, Transition{}),
            R"({"time":"2023-11-14T22:13:20.000Z","level":"warn","event":"","id":"",)"
            R"("type":"","recipient":"","channel":"","provider":"",)"
            R"("state":"","reason":"","attempt":0,"ms":null,"error":""})");
}

TEST(LogLine, TransitionInText) {
  EXPECT_EQ(formatTransition(LogFormat::text, noon, LogLevel::info, sample()),
            "2023-11-14T22:13:20.000Z info event=sent id=n-1 type=order_update recipient=42 "
            "channel=push provider=fcm state=sent reason= attempt=2 ms=12 error=");
}

TEST(LogLine, ForeignTextCannotStartALineOrForgeAField) {
  Transition what = sample();
  what.id = "x state=dead\n2023 info event=forged";
  what.error = "a\"b\\c\r\n{}";
  const std::string text = formatTransition(LogFormat::text, noon, LogLevel::info, what);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(text.find(R"( id="x state=dead 2023 info event=forged" )"), std::string::npos);
  EXPECT_NE(text.find(R"( error="a\"b\\c  {}")"), std::string::npos);
  const std::string json = formatTransition(LogFormat::json, noon, LogLevel::info, what);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_NE(json.find(R"("error":"a\"b\\c  {}"})"), std::string::npos);
}

TEST(LogLine, BadUtf8AndHiddenControlsAreReplaced) {
  EXPECT_EQ(formatEvent(LogFormat::text, noon, LogLevel::info, "e",
                        {{"v",
                          "a\xFF"
                          "b"}}),
            "2023-11-14T22:13:20.000Z info event=e v=\"a\xEF\xBF\xBD"
            "b\"");
  // A line separator, a terminal escape (C1) and a right-to-left override.
  EXPECT_EQ(formatEvent(LogFormat::json, noon, LogLevel::info, "e",
                        {{"v",
                          "a\xE2\x80\xA8"
                          "b\xC2\x9B"
                          "c\xE2\x80\xAE"
                          "d\x1B[2J"}}),
            R"({"time":"2023-11-14T22:13:20.000Z","level":"info","event":"e","v":"a b c d [2J"})");
  EXPECT_EQ(formatEvent(LogFormat::text, noon, LogLevel::info, "e", {{"v", "안녕"}}),
            "2023-11-14T22:13:20.000Z info event=e v=\"안녕\"");
}

TEST(LogLine, ValuesAreBounded) {
  const std::string huge(1 << 20, 'x');
  EXPECT_LT(formatEvent(LogFormat::text, noon, LogLevel::info, "e", {{"v", huge}}).size(),
            LogLine::maxValueBytes + 100);
}

TEST(LogLine, NumbersAndBooleansAreTyped) {
  EXPECT_EQ(formatEvent(LogFormat::json, noon, LogLevel::info, "e",
                        {{"n", -3}, {"d", 0.5}, {"b", true}, {"inf", 1.0 / 0.0}}),
            R"({"time":"2023-11-14T22:13:20.000Z","level":"info","event":"e","n":-3,"d":0.5,)"
            R"("b":true,"inf":null})");
}

}  // namespace
}  // namespace tidings::observe
