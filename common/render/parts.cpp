#include "render/parts.h"

namespace tidings::render {
namespace {

// Bytes at `at` that end a line or are invisible: C0, DEL, C1 (NEL among them), U+2028 and U+2029.
size_t controlLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return 3;
  return 0;
}

// Rewrites in place: the text only gets shorter. A run of control characters and the spaces around
// it become one space.
void foldToLine(std::string& text) {
  size_t end = 0;
  for (size_t at = 0; at < text.size();) {
    if (const size_t length = controlLength(text, at); length > 0) {
      while (end > 0 && text[end - 1] == ' ') --end;
      text[end++] = ' ';
      at += length;
      while (at < text.size() && text[at] == ' ') ++at;
    } else {
      text[end++] = text[at++];
    }
  }
  text.resize(end);
}

void trim(std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text.resize(text.find_last_not_of(kSpace) + 1);
  text.erase(0, text.find_first_not_of(kSpace));
}

}  // namespace

void finish(std::string& text, Finish how) {
  if (how == Finish::asWritten) return;
  if (how == Finish::line) foldToLine(text);
  trim(text);
}

}  // namespace tidings::render
