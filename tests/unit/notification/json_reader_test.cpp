// The fast reader against the generic parser, which is the model: the same texts, the same trees.
#include "notification/json_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "notification/json_text.h"

namespace tidings::notification {
namespace {

using nlohmann::json;

void expectAgreement(const std::string& text) {
  json fast;
  const bool ok = JsonReader(text).read(fast);
  const json model = json::parse(text, nullptr, false);
  ASSERT_EQ(ok, !model.is_discarded()) << text;
  if (!ok) return;
  EXPECT_EQ(fast, model) << text;
  EXPECT_EQ(fast.dump(), model.dump()) << text;
  EXPECT_EQ(fast.type(), model.type()) << text;
}

TEST(JsonReader, AgreesOnWhatIsTricky) {
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

TEST(JsonReader, AgreesOnRandomDamage) {
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

}  // namespace
}  // namespace tidings::notification
