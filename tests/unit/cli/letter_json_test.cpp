#include "letter_json.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base64.h"

namespace tidings::cli {
namespace {

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(fromBase64(toBase64(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(toBase64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  EXPECT_EQ(fromBase64("abc"), std::nullopt);
  EXPECT_EQ(fromBase64("ab!="), std::nullopt);
}

queue::DeadLetter sample() {
  queue::DeadLetter letter;
  letter.body = "{\"id\":\"n-1\", \"x\":\"안녕\"}\n";
  letter.properties.contentType = "application/json";
  letter.properties.messageId = "n-1";
  letter.properties.priority = 3;
  letter.properties.timestamp = 1'700'000'000;
  amqp::Table inner;
  inner.emplace_back("at", amqp::Timestamp{5});
  inner.emplace_back("bytes", amqp::Bytes{std::string("\x00\xFF", 2)});
  inner.emplace_back("price", amqp::Decimal{2, 1999});
  inner.emplace_back("list", amqp::Array{int64_t{-1}, 0.5, true, amqp::Value{}});
  letter.properties.headers.emplace_back("inner", inner);
  letter.properties.headers.emplace_back("x-tidings-attempt", int64_t{4});
  return letter;
}

// Tables have no order that matters.
amqp::Table sorted(amqp::Table table) {
  std::sort(table.begin(), table.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [key, value] : table) {
    if (auto* inner = std::get_if<amqp::Table>(&value.any)) *inner = sorted(*inner);
  }
  return table;
}

TEST(LetterJson, ExportAndImportLoseNothing) {
  queue::DeadLetter letter = sample();
  const auto back = fromExport(dump(toExport("order", letter)));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->type, "order");
  EXPECT_EQ(back->body, letter.body);
  amqp::Properties properties = back->properties;
  properties.headers = sorted(properties.headers);
  letter.properties.headers = sorted(letter.properties.headers);
  EXPECT_EQ(properties, letter.properties);
}

TEST(LetterJson, ABodyThatIsNoTextSurvives) {
  queue::DeadLetter letter = sample();
  letter.body = std::string("\x00\xFE{", 3);
  EXPECT_EQ(fromExport(dump(toExport("order", letter)))->body, letter.body);
}

TEST(LetterJson, OtherLinesAreRefused) {
  for (const char* bad :
       {"", "{", "[]", "{}", R"({"type":"a"})", R"({"type":"a","properties":1})",
        R"({"properties":{}})", R"({"type":"a","properties":{},"bodyBase64":"!"})"}) {
    EXPECT_FALSE(fromExport(bad).ok()) << bad;
  }
}

// Such a line was imported with an empty body in place of what had stood there.
TEST(LetterJson, NothingStandsInForABodyThatIsNoString) {
  const auto errorOf = [](const std::string& members) {
    const auto read = fromExport(R"({"type":"a","properties":{})" + members + "}");
    return read.ok() ? "read: " + read->body : read.error().message;
  };
  const std::pair<const char*, const char*> cases[] = {
      {"", "/body: found nothing, expected exactly one of body and bodyBase64"},
      {R"(,"body":"","bodyBase64":"")", "/body: found bodyBase64 beside it, expected exactly one"},
      {R"(,"body":{"id":"n-1"})", "/body: found an object, expected a string"},
      {R"(,"body":[])", "/body: found an array, expected a string"},
      {R"(,"body":null)", "/body: found null, expected a string"},
      {R"(,"body":7)", "/body: found a number, expected a string"},
      {R"(,"bodyBase64":{})", "/bodyBase64: found an object, expected a string"},
      {R"(,"bodyBase64":"!")", "/bodyBase64: found another string, expected base64"}};
  for (const auto& [members, expected] : cases) {
    EXPECT_TRUE(errorOf(members).starts_with(expected)) << members << ": " << errorOf(members);
  }
  EXPECT_EQ(errorOf(R"(,"body":"")"), "read: ") << "an empty body that was exported";
}

TEST(LetterJson, WhatShowPrintsIsNoExport) {
  const queue::DeadLetter letter = sample();
  EXPECT_FALSE(fromExport(dump(toShow(describe("order", letter), letter))).ok());
}

// `dlq show --json` of such a letter ran out of stack, `dlq show` printed gigabytes of indentation.
TEST(LetterJson, ABodyNestedWithoutEndIsShownAsText) {
  queue::DeadLetter letter = sample();
  letter.body = std::string(100'000, '[') + std::string(100'000, ']');
  const auto shown = toShow(describe("order", letter), letter);
  EXPECT_EQ(shown["body"], letter.body);
  EXPECT_LT(dump(shown, 2).size(), 2 * letter.body.size());
}

TEST(LetterJson, ShowsTheBodyParsedWhereItIsJson) {
  const queue::DeadLetter letter = sample();
  EXPECT_EQ(toShow(describe("order", letter), letter)["body"]["id"], "n-1");
  queue::DeadLetter broken = letter;
  broken.body = "{\xFF";
  EXPECT_FALSE(dump(toShow(describe("order", broken), broken)).empty());
}

}  // namespace
}  // namespace tidings::cli
