#include "amqp/table_codec.h"

#include <gtest/gtest.h>

namespace tidings::amqp {
namespace {

Table decoded(std::string_view bytes) {
  ByteReader from(bytes);
  Table table;
  EXPECT_TRUE(decodeTable(from, table));
  return table;
}
std::string encoded(const Table& table) {
  std::string bytes;
  encodeTable(bytes, table);
  return bytes;
}
// A table of one value, given as its kind and bytes.
Table oneValue(std::string_view raw) {
  std::string bytes("\0\0\0\0\x01k", 6);
  bytes += raw;
  patchLength(bytes, 0);
  return decoded(bytes);
}
Value valueOf(std::string_view raw) {
  const Table table = oneValue(raw);
  EXPECT_EQ(table.size(), 1u);
  return table.empty() ? Value{} : table[0].second;
}

TEST(TableCodec, EveryTypeSurvives) {
  const Table table{{"nothing", Value{}},
                    {"yes", true},
                    {"number", int64_t{-42}},
                    {"fraction", 0.25},
                    {"text", std::string("täxt")},
                    {"time", Timestamp{1'700'000'000}},
                    {"bytes", Bytes{std::string("\0\xff", 2)}},
                    {"decimal", Decimal{2, 314}},
                    {"array", Array{int64_t{1}, std::string("x"), Table{{"in", false}}}},
                    {"table", Table{{"a", Table{{"b", Array{}}}}}}};
  EXPECT_EQ(decoded(encoded(table)), table);
}

TEST(TableCodec, ReadsEveryWidthOfInteger) {
  using namespace std::string_literals;
  EXPECT_EQ(valueOf("b\xff"), int64_t{-1});
  EXPECT_EQ(valueOf("B\xff"), int64_t{255});
  EXPECT_EQ(valueOf("s\xff\xfe"), int64_t{-2});
  EXPECT_EQ(valueOf("u\xff\xfe"), int64_t{65534});
  EXPECT_EQ(valueOf("I\xff\xff\xff\xff"), int64_t{-1});
  EXPECT_EQ(valueOf("i\xff\xff\xff\xff"), int64_t{4294967295});
  EXPECT_EQ(valueOf("l\xff\xff\xff\xff\xff\xff\xff\xff"), int64_t{-1});
  EXPECT_EQ(valueOf("L\xff\xff\xff\xff\xff\xff\xff\xff"), INT64_MAX);
  EXPECT_EQ(valueOf("f\x3e\x80\0\0"s), 0.25);
}

TEST(TableCodec, AnUnknownTypeEndsItsLevelOnly) {
  EXPECT_TRUE(oneValue("?whatever").empty());
  Table table{{"before", true}, {"broken", Table{}}, {"after", true}};
  std::string bytes = encoded(table);
  const size_t at = bytes.find("broken") + 6;
  bytes.replace(at, 5, std::string("F\0\0\0\x03\x01k?", 8));
  patchLength(bytes, 0);
  const Table read = decoded(bytes);
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[2], (std::pair<std::string, Value>("after", true)));
}

TEST(TableCodec, LengthsBeyondTheEndAreRefusedOrCut) {
  ByteReader from(std::string_view("\xff\xff\xff\xff", 4));
  Table table;
  EXPECT_FALSE(decodeTable(from, table));
  EXPECT_TRUE(oneValue(std::string_view("S\xff\xff\xff\xff", 5)).empty());
  EXPECT_TRUE(oneValue("l\x01").empty());
}

TEST(TableCodec, DepthIsBounded) {
  std::string raw = "V";
  for (int i = 0; i < 3'000; ++i) {
    std::string outer = "A";
    putLong(outer, raw);
    raw = std::move(outer);
  }
  Value value = valueOf(raw);
  int depth = 0;
  while (const auto* array = std::get_if<Array>(&value.any)) {
    if (array->empty()) break;
    Value inner = array->front();
    value = std::move(inner);
    ++depth;
  }
  EXPECT_EQ(depth, maxTableDepth - 1);
  EXPECT_EQ(value, Value{});
}

TEST(TableCodec, TheNumberOfValuesIsBounded) {
  Table table;
  for (size_t i = 0; i < 10'000; ++i) table.emplace_back("k", Value{});
  EXPECT_EQ(decoded(encoded(table)).size(), maxTableValues);
}

TEST(Table, FindsByNameAndType) {
  const Table table{{"text", std::string("x")}, {"number", int64_t{1}}};
  EXPECT_EQ(*findText(table, "text"), "x");
  EXPECT_EQ(*findInt(table, "number"), 1);
  EXPECT_EQ(findText(table, "number"), nullptr);
  EXPECT_EQ(findInt(table, "absent"), nullptr);
}

}  // namespace
}  // namespace tidings::amqp
