#include "json/write.h"

#include <gtest/gtest.h>

#include <random>

#include "json/strings.h"
#include "unit/json/tree.h"

namespace tidings {
namespace {

std::string written(const std::string& text) {
  std::string out;
  appendJson(out, documentOf(text).root());
  return out;
}

TEST(WriteJson, IsCompactAndKeepsTheOrder) {
  EXPECT_EQ(written(R"( { "b" : [ 1 , -2, true, null ] , "a" : { } , "c" : "x" } )"),
            R"({"b":[1,-2,true,null],"a":{},"c":"x"})");
  EXPECT_EQ(written(R"({"a":1,"b":2,"a":3})"), R"({"b":2,"a":3})");
}

TEST(WriteJson, NumbersReadAsInJavaScript) {
  EXPECT_EQ(written("[5.0,-0.0,0.1,1e21,1e-7,1e-10,1e-100,1.5e200,18446744073709551615,1e3]"),
            "[5,0,0.1,1e+21,1e-7,1e-10,1e-100,1.5e+200,18446744073709551615,1000]");
}

TEST(WriteJson, EscapesWhatMustBe) {
  const std::string text = R"("\"\\\/\b\f\n\r\t\u0001\u001f\u00e9\ud83d\ude80")";
  EXPECT_EQ(written(text), "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\u00e9\U0001F680\"");
  EXPECT_EQ(nlohmann::json::parse(written(text)), nlohmann::json::parse(text));
}

TEST(JsonStrings, IsAnObjectOfThem) {
  const JsonStrings<2> object({{{"a", "x"}, {"b", "\"y\""}}});
  std::string out;
  appendJson(out, object.value());
  EXPECT_EQ(out, R"({"a":"x","b":"\"y\""})");
  EXPECT_EQ(object.value().find("b").text(), "\"y\"");
  EXPECT_EQ(object.value().size(), 2u);
}

}  // namespace
}  // namespace tidings
