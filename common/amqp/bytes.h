// Reading and writing AMQP's big-endian primitives with bounds. Pure.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidings::amqp {

// Reads from the front. After a read past the end, failed() stays true and reads give zeros.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  std::string_view take(size_t count) {
    if (count > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::string_view shortText() { return take(u8()); }
  std::string_view longText() { return take(u32()); }
  bool failed() const { return failed_; }
  bool atEnd() const { return bytes_.empty(); }

 private:
  uint64_t number(size_t width) {
    uint64_t value = 0;
    for (const char c : take(width)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  std::string_view bytes_;
  bool failed_ = false;
};

template <class T>
void putNumber(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)) & 0xff);
  }
  out.append(bytes, sizeof(T));
}
inline void putU8(std::string& out, uint8_t v) { out += static_cast<char>(v); }
inline void putU16(std::string& out, uint16_t v) { putNumber(out, v); }
inline void putU32(std::string& out, uint32_t v) { putNumber(out, v); }
inline void putU64(std::string& out, uint64_t v) { putNumber(out, v); }

// Cut at 255 bytes, which is all a short string can hold.
inline void putShort(std::string& out, std::string_view text) {
  text = text.substr(0, 255);
  putU8(out, static_cast<uint8_t>(text.size()));
  out += text;
}
inline void putLong(std::string& out, std::string_view text) {
  putU32(out, static_cast<uint32_t>(text.size()));
  out += text;
}
// Writes a length over four bytes put earlier at `at`, counting what came after them.
inline void patchLength(std::string& out, size_t at) {
  const auto length = static_cast<uint32_t>(out.size() - at - 4);
  for (size_t i = 0; i < 4; ++i) out[at + i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
}

}  // namespace tidings::amqp
