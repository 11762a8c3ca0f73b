#include "providers/encode.h"

#include <cstdint>
#include <cstdio>

#include "base/plain_text.h"
#include "base/utf8.h"
#include "json/write.h"

namespace tidings::providers {
namespace {

constexpr char hexDigits[] = "0123456789ABCDEF";

bool isUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void appendHex(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += hexDigits[byte >> 4];
  out += hexDigits[byte & 15];
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t left = bytes.size() - at;
    uint32_t group = static_cast<uint32_t>(static_cast<unsigned char>(bytes[at])) << 16;
    if (left > 1) group |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
    if (left > 2) group |= static_cast<unsigned char>(bytes[at + 2]);
    out += alphabet[group >> 18];
    out += alphabet[(group >> 12) & 63];
    out += left > 1 ? alphabet[(group >> 6) & 63] : '=';
    out += left > 2 ? alphabet[group & 63] : '=';
  }
  return out;
}

void appendPercent(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (isUnreserved(c)) {
      out += c;
    } else {
      appendHex(out, c);
    }
  }
}

std::string headerValue(std::string_view text, size_t maxBytes) {
  std::string out;
  for (const char c : text) {
    const bool plain = c > ' ' && c < '\x7f' && c != '%';
    if (out.size() + (plain ? 1 : 3) > maxBytes) break;
    if (plain) {
      out += c;
    } else {
      appendHex(out, c);
    }
  }
  return out;
}

std::string percent(std::string_view text) {
  std::string out;
  appendPercent(out, text);
  return out;
}

void appendJson(std::string& out, std::string_view text) {
  out += '"';
  const size_t plain = quotablePrefix(text);  // mostly all of it
  out.append(text, 0, plain);
  text.remove_prefix(plain);
  while (const auto bad = findInvalidUtf8(text)) {
    appendJsonEscaped(out, text.substr(0, *bad));
    out += "\xEF\xBF\xBD";
    text.remove_prefix(*bad + 1);
  }
  appendJsonEscaped(out, text);
  out += '"';
}

}  // namespace tidings::providers
