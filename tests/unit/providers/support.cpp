#include "unit/providers/support.h"

#include <algorithm>

namespace tidings::providers {
namespace {

void unfold(ReadMail& mail, std::string_view line) {
  if (line.starts_with(' ')) {
    ASSERT_FALSE(mail.fields.empty());
    EXPECT_NE(line.find_first_not_of(' '), std::string_view::npos) << "a blank continuation line";
    mail.fields.back().second += line;
    return;
  }
  const size_t colon = line.find(": ");
  ASSERT_NE(colon, std::string_view::npos) << line;
  mail.fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
}

void checkLine(std::string_view line) {
  EXPECT_LE(line.size(), 998u);
  for (const char c : line) {
    const bool printable = (c >= ' ' && c < '\x7f') || c == '\t';
    EXPECT_TRUE(printable) << "byte " << static_cast<int>(static_cast<unsigned char>(c));
  }
}

}  // namespace

std::string decodeBase64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t value = alphabet.find(c);
    if (value == std::string_view::npos) continue;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) out += static_cast<char>((bits >> (count -= 8)) & 0xFF);
  }
  return out;
}

std::string decodeWords(std::string_view value) {
  std::string out;
  bool afterWord = false;
  for (;;) {
    const size_t begin = value.find("=?");
    const std::string_view between = value.substr(0, begin);
    const bool blank = between.find_first_not_of(' ') == std::string_view::npos;
    if (begin == std::string_view::npos || !afterWord || !blank) out += between;
    if (begin == std::string_view::npos) return out;
    const size_t end = value.find("?=", begin + 10);
    EXPECT_NE(end, std::string_view::npos) << value;
    if (end == std::string_view::npos) return out;
    const std::string_view word = value.substr(begin, end + 2 - begin);
    EXPECT_LE(word.size(), 75u);
    EXPECT_TRUE(word.starts_with("=?UTF-8?B?")) << word;
    out += decodeBase64(word.substr(10, word.size() - 12));
    value.remove_prefix(end + 2);
    afterWord = true;
  }
}

size_t ReadMail::count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; }));
}

std::string ReadMail::field(std::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.first == name; });
  return found == fields.end() ? "" : found->second;
}

ReadMail readMail(const std::string& message) {
  ReadMail mail;
  bool header = true;
  for (size_t at = 0; at < message.size();) {
    const size_t end = message.find("\r\n", at);
    EXPECT_NE(end, std::string::npos) << "the last line has no end";
    if (end == std::string::npos) break;
    const std::string line = message.substr(at, end - at);
    checkLine(line);
    mail.lines.push_back(line);
    at = end + 2;
    if (!header) continue;
    if (line.empty()) {
      header = false;
      mail.body = message.substr(at);
    } else {
      unfold(mail, line);
    }
  }
  EXPECT_FALSE(header) << "no blank line behind the header";
  return mail;
}

}  // namespace tidings::providers
