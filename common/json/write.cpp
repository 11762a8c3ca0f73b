#include "json/write.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/plain_text.h"

namespace tidings {
namespace {

void appendEscape(std::string& out, char c) {
  constexpr std::string_view special = "\"\\\n\r\t", letters = "\"\\nrt";
  out += '\\';
  if (const size_t i = special.find(c); i != std::string_view::npos) {
    out += letters[i];
    return;
  }
  constexpr char hexDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "u00";
  out += hexDigits[byte >> 4];
  out += hexDigits[byte & 15];
}

template <class Number, class... Format>
void appendDigits(std::string& out, Number number, Format... format) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format...);
  out.append(buffer.data(), end.ptr);
}

void appendReal(std::string& out, double number) {
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  appendDigits(out, number == 0 ? 0.0 : number,
               plain ? std::chars_format::fixed : std::chars_format::scientific);
  // C++ writes two digits of an exponent at least, JavaScript only what there is.
  const size_t digits = out.size() - 2;
  if (!plain && out[digits] == '0' && out[digits - 1] == '-') out.erase(digits, 1);
}

void appendQuoted(std::string& out, std::string_view text) {
  out += '"';
  appendJsonEscaped(out, text);
  out += '"';
}

void appendArray(std::string& out, JsonValue array) {
  out += '[';
  bool first = true;
  for (const JsonValue item : array.items()) {
    if (!first) out += ',';
    first = false;
    appendJson(out, item);
  }
  out += ']';
}

void appendObject(std::string& out, JsonValue object) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : object.members()) {
    if (!first) out += ',';
    first = false;
    appendQuoted(out, name);
    out += ':';
    appendJson(out, value);
  }
  out += '}';
}

}  // namespace

void appendJsonEscaped(std::string& out, std::string_view text) {
  for (size_t plain = 0; (plain = plainPrefix(text)) < text.size();) {
    out.append(text, 0, plain);
    appendEscape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out.append(text);
}

void appendJsonNumber(std::string& out, JsonValue number) {
  if (number.kind() == JsonKind::integer) appendDigits(out, number.integer());
  if (number.kind() == JsonKind::unsignedInteger) appendDigits(out, number.unsignedInteger());
  if (number.kind() == JsonKind::real) appendReal(out, number.real());
}

void appendJson(std::string& out, JsonValue value) {
  switch (value.kind()) {
    case JsonKind::null:
      out += "null";
      return;
    case JsonKind::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case JsonKind::string:
      return appendQuoted(out, value.text());
    case JsonKind::array:
      return appendArray(out, value);
    case JsonKind::object:
      return appendObject(out, value);
    default:
      return appendJsonNumber(out, value);
  }
}

}  // namespace tidings
