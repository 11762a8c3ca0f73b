// Finds the end of ordinary text eight bytes at a time. Escaping and parsing JSON, SQL arrays and
// log lines spend most of their time on bytes that need nothing done.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidings {

namespace detail {

constexpr uint64_t everyByte(unsigned char byte) { return byte * 0x0101010101010101ULL; }
// Non-zero exactly if one of the eight bytes is zero, or is below `limit` (at most 0x80).
constexpr uint64_t zeroAmong(uint64_t eight) {
  return (eight - everyByte(1)) & ~eight & everyByte(0x80);
}
constexpr uint64_t lessAmong(uint64_t eight, unsigned char limit) {
  return (eight - everyByte(limit)) & ~eight & everyByte(0x80);
}

// Skips whole words while `special` is zero, then single bytes while `isPlain`.
template <class Special, class IsPlain>
size_t prefixOf(std::string_view text, Special special, IsPlain isPlain) {
  size_t at = 0;
  for (uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (special(eight) != 0) break;
  }
  while (at < text.size() && isPlain(static_cast<unsigned char>(text[at]))) ++at;
  return at;
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
