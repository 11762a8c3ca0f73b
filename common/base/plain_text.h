// Finds the end of ordinary text eight bytes at a time. Escaping and parsing JSON, SQL arrays and
// log lines spend most of their time on bytes that need nothing done.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidings {

namespace detail {

constexpr uint64_t everyByte(unsigned char byte) { return byte * 0x0101010101010101ULL; }
// Marks the highest bit of a byte that is zero, or below `limit` (at most 0x80). Above the first
// such byte others may be marked, too.
constexpr uint64_t zeroAmong(uint64_t eight) {
  return (eight - everyByte(1)) & ~eight & everyByte(0x80);
}
constexpr uint64_t lessAmong(uint64_t eight, unsigned char limit) {
  return (eight - everyByte(limit)) & ~eight & everyByte(0x80);
}

// `special` marks the bytes that end the prefix, `isPlain` is for texts shorter than a word. The
// last word overlaps the one before.
template <class Special, class IsPlain>
size_t prefixOf(std::string_view text, Special special, IsPlain isPlain) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  constexpr size_t word = sizeof(uint64_t);
  size_t at = 0;
  if (text.size() < word) {
    while (at < text.size() && isPlain(static_cast<unsigned char>(text[at]))) ++at;
    return at;
  }
  for (;; at = std::min(at + word, text.size() - word)) {
    uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, word);
    if (const uint64_t marked = special(eight); marked != 0) {
      return at + static_cast<size_t>(std::countr_zero(marked)) / 8;
    }
    if (at + word == text.size()) return text.size();
  }
}

}  // namespace detail

// The length of the leading part without control characters (below 0x20), quotes and backslashes.
inline size_t plainPrefix(std::string_view text) {
  return detail::prefixOf(
      text,
      [](uint64_t eight) {
        return detail::lessAmong(eight, 0x20) | detail::zeroAmong(eight ^ detail::everyByte('"')) |
               detail::zeroAmong(eight ^ detail::everyByte('\\'));
      },
      [](unsigned char byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; });
}

// The length of the leading part that is printable ASCII.
inline size_t printablePrefix(std::string_view text) {
  return detail::prefixOf(
      text,
      [](uint64_t eight) {
        return detail::lessAmong(eight, 0x20) | detail::zeroAmong(eight ^ detail::everyByte(0x7F)) |
               (eight & detail::everyByte(0x80));
      },
      [](unsigned char byte) { return byte >= 0x20 && byte < 0x7F; });
}

// The length of the leading part that is printable ASCII without quotes and backslashes.
inline size_t quotablePrefix(std::string_view text) {
  return detail::prefixOf(
      text,
      [](uint64_t eight) {
        return detail::lessAmong(eight, 0x20) | detail::zeroAmong(eight ^ detail::everyByte(0x7F)) |
               detail::zeroAmong(eight ^ detail::everyByte('"')) |
               detail::zeroAmong(eight ^ detail::everyByte('\\')) |
               (eight & detail::everyByte(0x80));
      },
      [](unsigned char byte) {
        return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
      });
}

// The length of the leading part that is ASCII.
inline size_t asciiPrefix(std::string_view text) {
  return detail::prefixOf(
      text, [](uint64_t eight) { return eight & detail::everyByte(0x80); },
      [](unsigned char byte) { return byte < 0x80; });
}

}  // namespace tidings
