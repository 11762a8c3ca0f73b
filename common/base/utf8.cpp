#include "base/utf8.h"

#include <algorithm>

#include "base/plain_text.h"

namespace tidings {
namespace {

bool continuation(std::string_view text, size_t at, unsigned low = 0x80, unsigned high = 0xBF) {
  if (at >= text.size()) return false;
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte >= low && byte <= high;
}

// Length of the well-formed sequence at `at`, 0 if there is none (Unicode 15, table 3-7).
size_t sequenceLength(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continuation(text, at + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return continuation(text, at + 1, low, high) && continuation(text, at + 2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return continuation(text, at + 1, low, high) && continuation(text, at + 2) &&
                   continuation(text, at + 3)
               ? 4
               : 0;
  }
  return 0;
}

// What steers a terminal or ends a line: C0 and DEL, C1 (U+009B begins an escape sequence as ESC [
// does), and the separators of lines and paragraphs.
bool isControl(std::string_view character) {
  const auto byte = [character](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (character.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  return character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9";
}

}  // namespace

std::optional<size_t> findInvalidUtf8(std::string_view text) {
  for (size_t at = 0;;) {
    at += asciiPrefix(text.substr(at));
    if (at == text.size()) return std::nullopt;
    const size_t length = sequenceLength(text, at);
    if (length == 0) return at;
    at += length;
  }
}

std::string_view truncateUtf8(std::string_view text, size_t maxBytes) {
  if (text.size() <= maxBytes) return text;
  size_t end = maxBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string cleanText(std::string_view text, size_t maxBytes) {
  std::string out;
  out.reserve(std::min(text.size(), maxBytes));
  for (size_t at = 0; at < text.size() && out.size() <= maxBytes;) {
    if (const size_t printable = printablePrefix(text.substr(at)); printable > 0) {
      out.append(text, at, printable);
      at += printable;
      continue;
    }
    const size_t length = sequenceLength(text, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (isControl(text.substr(at, length))) {
      out += ' ';
    } else {
      out.append(text, at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  out.resize(truncateUtf8(out, maxBytes).size());
  return out;
}

}  // namespace tidings
