#include "base/plain_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tidings {
namespace {

bool isPlain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }
bool isPrintable(char c) { return c >= 0x20 && c < 0x7F; }
bool isQuotable(char c) { return isPrintable(c) && c != '"' && c != '\\'; }
bool isAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

size_t naive(const std::string& text, bool (*fits)(char)) {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), fits) - text.begin());
}

// Every byte at every place of texts up to three words long, beside neighbours that could borrow.
TEST(PlainText, FindsWhatALoopOverTheBytesFinds) {
  for (const char around : {'a', ' ', '!', '#', '[', ']', '\x7f', '\x80', '\xff'}) {
    for (size_t size = 1; size <= 24; ++size) {
      for (size_t at = 0; at < size; ++at) {
        for (int byte = 0; byte < 256; ++byte) {
          std::string text(size, around);
          text[at] = static_cast<char>(byte);
          ASSERT_EQ(plainPrefix(text), naive(text, isPlain)) << size << ' ' << at << ' ' << byte;
          ASSERT_EQ(printablePrefix(text), naive(text, isPrintable))
              << size << ' ' << at << ' ' << byte;
          ASSERT_EQ(quotablePrefix(text), naive(text, isQuotable))
              << size << ' ' << at << ' ' << byte;
          ASSERT_EQ(asciiPrefix(text), naive(text, isAscii)) << size << ' ' << at << ' ' << byte;
        }
      }
    }
  }
}

TEST(PlainText, TakesNothingFromNothing) {
  EXPECT_EQ(plainPrefix(""), 0U);
  EXPECT_EQ(asciiPrefix(""), 0U);
}

}  // namespace
}  // namespace tidings
