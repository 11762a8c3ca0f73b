#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tidings {
namespace {

TEST(Utf8, AcceptsWellFormedText) {
  EXPECT_FALSE(findInvalidUtf8(""));
  EXPECT_FALSE(findInvalidUtf8("plain"));
  EXPECT_FALSE(findInvalidUtf8("안녕하세요 \xF0\x9F\x98\x80"));
}

TEST(Utf8, NamesTheFirstBadByte) {
  EXPECT_EQ(findInvalidUtf8("ab\xFF"), 2u);
  EXPECT_EQ(findInvalidUtf8("a\xC0\xAF"), 1u);         // overlong
  EXPECT_EQ(findInvalidUtf8("\xED\xA0\x80"), 0u);      // surrogate
  EXPECT_EQ(findInvalidUtf8("\xF4\x90\x80\x80"), 0u);  // above U+10FFFF
  EXPECT_EQ(findInvalidUtf8("ok\xE2\x82"), 2u);        // cut off
}

TEST(Utf8, TruncationNeverCutsACharacter) {
  const std::string_view text = "가나다";  // three bytes each
  EXPECT_EQ(truncateUtf8(text, 9), text);
  EXPECT_EQ(truncateUtf8(text, 8), "가나");
  EXPECT_EQ(truncateUtf8(text, 2), "");
}

TEST(Utf8, CleanTextKeepsLogsOnOneLine) {
  EXPECT_EQ(cleanText("a\r\nb\x1B[31m", 100), "a  b [31m");
  EXPECT_EQ(cleanText("a\xC2\x9B"
                      "31m\xE2\x80\xA8"
                      "b\xC2\xA0\xE2\x80\xAC",
                      100),
            "a 31m b\xC2\xA0\xE2\x80\xAC");
  EXPECT_EQ(cleanText("x\xFFy", 100), "x\xEF\xBF\xBDy");
  EXPECT_LE(cleanText(std::string(1000, '\xFF'), 512).size(), 512u);
}

}  // namespace
}  // namespace tidings
