// The document against the generic parser, which is the model: the same texts, the same values.
#include "json/document.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/json/tree.h"

namespace tidings {
namespace {

using nlohmann::json;

void expectAgreement(const std::string& text) {
  const auto parsed = JsonDocument::parse(text, 32);
  const json model = json::parse(text, nullptr, false);
  ASSERT_EQ(parsed.has_value(), !model.is_discarded()) << text;
  if (!parsed) return;
  EXPECT_EQ(treeOf(parsed->root()), model) << text;
  EXPECT_EQ(treeOf(parsed->root()).type(), model.type()) << text;
}

TEST(JsonDocument, AgreesOnWhatIsTricky) {
  for (const char* text : {"0",
                           "-0",
                           "-0.0",
                           "00",
                           "-",
                           "-a",
                           "1.",
                           "1.e5",
                           "1e",
                           "1e+",
                           "1E-2",
                           "1e400",
                           "-1e400",
                           "1e-400",
                           "4.9e-324",
                           "1e-330",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551615",
                           "18446744073709551616",
                           "123456789012345678901234567890",
                           "0.1",
                           "1.7976931348623157e308",
                           "\"\\u0000\"",
                           "\"\\u00e9\\ud83d\\ude80\"",
                           "\"\\ud83d\"",
                           "\"\\ude80\"",
                           "\"\\u+123\"",
                           "\"\\u 123\"",
                           "\"\\u-001\"",
                           "\"\\u12\"",
                           "\"\\u123g\"",
                           "\"\\uABCD\\uabcd\"",
                           "\"\\x\"",
                           "\"\\",
                           "\"",
                           "\"a\nb\"",
                           "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
                           "",
                           " ",
                           "{",
                           "{}",
                           "{ }",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1,\"a\":{\"b\":2},\"a\":[3]}",
                           "{\"a\":{\"b\":1},\"a\":{}}",
                           "[",
                           "[]",
                           "[ ]",
                           "[,]",
                           "[1,]",
                           "[1 2]",
                           "[1]]",
                           "tru",
                           "true",
                           "truex",
                           "nul",
                           "falsee",
                           "\t[\r\n1 ]\t"}) {
    expectAgreement(text);
  }
}

TEST(JsonDocument, AgreesOnRandomDamage) {
  const std::string good =
      R"({"id":"e\u00e91","n":[1,-2,3.5e-2,1e10,0],"d":{"a":{"b":null},"c":[true,false]},"t":"x\ud83d\ude80\/"})";
  const std::string alphabet = "{}[]\",:\\u0123456789eE+-.truefalsn \nabd8";
  std::mt19937_64 dice(21);
  for (int round = 0; round < 50'000; ++round) {
    std::string text = good;
    for (uint64_t hits = dice() % 3 + 1; hits > 0; --hits) {
      text[dice() % text.size()] = alphabet[dice() % alphabet.size()];
    }
    expectAgreement(text);
  }
}

std::string largeObject(int members) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) {
    text += "\"m" + std::to_string(i * 7919 % members / 2) + "\":" + std::to_string(i) + ",";
  }
  return text + "\"last\":true}";
}

TEST(JsonDocument, OfEqualNamesTheLastWinsInSmallAndInLargeObjects) {
  for (const int members : {3, 15, 16, 17, 1000}) {
    const std::string text = largeObject(members);
    expectAgreement(text);
    const auto parsed = documentOf(text);
    const json model = json::parse(text);
    EXPECT_EQ(parsed.root().size(), model.size());
    for (const auto& [name, value] : model.items()) {
      EXPECT_EQ(treeOf(parsed.root().find(name)), value) << name;
    }
    EXPECT_FALSE(parsed.root().find("m")) << members;
    EXPECT_FALSE(parsed.root().find("zzz")) << members;
  }
}

TEST(JsonDocument, NestsAsDeepAsToldAndNoDeeper) {
  const std::string eight = "[{\"a\":[[{\"b\":[[[0]]]}]]}]";
  EXPECT_TRUE(JsonDocument::parse(eight, 8));
  EXPECT_FALSE(JsonDocument::parse(eight, 7));
  EXPECT_TRUE(JsonDocument::parse("[[],[],{}]", 2));
  EXPECT_FALSE(JsonDocument::parse(std::string(1'000'000, '['), 32));
}

TEST(JsonDocument, ItsValuesSurviveItsMove) {
  auto first = documentOf(R"({"name":"K\u00fcm","list":[1,{"x":null}]})");
  const JsonValue name = first.root().find("name"), list = first.root().find("list");
  const JsonDocument second = std::move(first);
  EXPECT_EQ(name.text(), "K\u00fcm");
  EXPECT_EQ(treeOf(list).dump(), R"([1,{"x":null}])");
}

TEST(JsonDocument, ANulByteIsNoEnd) {
  EXPECT_FALSE(JsonDocument::parse(std::string_view("1\0", 2), 32));
  EXPECT_FALSE(JsonDocument::parse(std::string_view("{}\0{}", 5), 32));
  EXPECT_FALSE(JsonDocument::parse(std::string_view("\"a\0b\"", 5), 32));
}

TEST(JsonValue, WhatIsAbsentAnswersLikeNull) {
  const JsonValue absent = JsonDocument().root();
  EXPECT_FALSE(absent);
  EXPECT_TRUE(absent.isNull());
  EXPECT_EQ(absent.size(), 0u);
  EXPECT_FALSE(absent.find("a"));
  for (const auto& member : absent.members()) ADD_FAILURE() << member.name;
  for (const JsonValue item : absent.items()) ADD_FAILURE() << item.size();
}

}  // namespace
}  // namespace tidings
