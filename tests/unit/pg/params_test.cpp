#include "pg/params.h"

#include <gtest/gtest.h>

namespace tidings::pg {
namespace {

std::string literal(std::initializer_list<std::string_view> elements) {
  ArrayText array;
  for (const auto element : elements) array.add(element);
  return std::move(array).take();
}

TEST(ArrayText, NothingGivesAnEmptyArray) { EXPECT_EQ(literal({}), "{}"); }

TEST(ArrayText, EveryTextIsQuotedSoThatOnlyQuoteAndBackslashAreSpecial) {
  EXPECT_EQ(literal({"a", "", "NULL", "b,{c} d"}), R"({"a","","NULL","b,{c} d"})");
  EXPECT_EQ(literal({R"(say "hi" \o/)", "\"", "\\"}), R"({"say \"hi\" \\o/","\"","\\"})");
}

TEST(ArrayText, NumbersAndNulls) {
  ArrayText array;
  array.add(int64_t{-9'223'372'036'854'775'807 - 1});
  array.addNull();
  array.addOrNull("");
  array.addOrNull("x");
  EXPECT_EQ(std::move(array).take(), R"({-9223372036854775808,NULL,NULL,"x"})");
}

TEST(Params, KeepOrderAndNulls) {
  Params params;
  params.text(std::string("a")).null().integer(7).boolean(true).text(std::optional<std::string>{});
  const auto& values = params.values();
  ASSERT_EQ(values.size(), 5u);
  EXPECT_EQ(values[0].bytes, "a");
  EXPECT_EQ(values[1].bytes, std::nullopt);
  EXPECT_EQ(values[2].bytes, "7");
  EXPECT_EQ(values[3].bytes, "t");
  EXPECT_EQ(values[4].bytes, std::nullopt);
}

TEST(Params, TextWithANulByteDoesNotFit) {
  EXPECT_TRUE(fitsText("plain"));
  EXPECT_FALSE(fitsText(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace tidings::pg
