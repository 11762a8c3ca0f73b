#include "pg/arrays.h"

#include <gtest/gtest.h>

#include "unit/pg/readable.h"

namespace tidings::pg {
namespace {

template <class Array>
std::string written(Array array) {
  return ArrayReader(std::move(array).take()).text();
}

TEST(Arrays, NothingGivesAnArrayWithoutDimensions) {
  EXPECT_EQ(TextArray().take(), std::string("\0\0\0\0\0\0\0\0\0\0\0\x19", 12));
  EXPECT_EQ(written(IntArray()), "{}");
}

TEST(Arrays, TextNeedsNoEscaping) {
  TextArray array(0);
  for (const char* text : {"a", "", "NULL", "say \"hi\" \\o/, {€}"}) array.add(text);
  array.addOrNull("");
  array.addOrNull("x");
  EXPECT_EQ(written(std::move(array)), R"({"a","","NULL","say "hi" \o/, {€}",NULL,"x"})");
}

TEST(Arrays, NumbersHaveTheWidthOfTheirType) {
  IntArray ints;
  BigintArray bigints;
  BoolArray bools;
  for (const int64_t number : {0, -1, 2'147'483'647}) ints.add(number);
  bigints.add(-9'223'372'036'854'775'807 - 1);
  bigints.addNull();
  bools.add(true);
  bools.add(false);
  EXPECT_EQ(written(std::move(ints)), "{0,-1,2147483647}");
  EXPECT_EQ(written(std::move(bigints)), "{-9223372036854775808,NULL}");
  EXPECT_EQ(written(std::move(bools)), "{1,0}");
}

}  // namespace
}  // namespace tidings::pg
