#include "render/value_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tidings::render {
namespace {

using nlohmann::json;

template <class T, class... Format>
void appendNumber(std::string& out, T number, Format... format) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format...);
  out.append(buffer.data(), end.ptr);
}

// Shortest digits that read back as the same number; exponents only where JavaScript has them.
void appendDouble(std::string& out, double number) {
  if (!std::isfinite(number)) return;
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  appendNumber(out, number == 0 ? 0.0 : number,
               plain ? std::chars_format::fixed : std::chars_format::scientific);
}

std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return "&#39;";
  }
}

}  // namespace

void appendText(std::string& out, const json& value) {
  switch (value.type()) {
    case json::value_t::string:
      out += value.get_ref<const std::string&>();
      return;
    case json::value_t::number_integer:
      return appendNumber(out, value.get<int64_t>());
    case json::value_t::number_unsigned:
      return appendNumber(out, value.get<uint64_t>());
    case json::value_t::number_float:
      return appendDouble(out, value.get<double>());
    case json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case json::value_t::object:
    case json::value_t::array:
      out += value.dump(-1, ' ', false, json::error_handler_t::replace);
      return;
    default:
      return;
  }
}

void appendHtml(std::string& out, const json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) return escapeHtml(out, *text);
  if (!value.is_structured()) return appendText(out, value);
  std::string text;
  appendText(text, value);
  escapeHtml(out, text);
}

void escapeHtml(std::string& out, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t stop = std::min(text.find_first_of("&<>\"'", at), text.size());
    out += text.substr(at, stop - at);
    if (stop < text.size()) out += reference(text[stop]);
    at = stop + 1;
  }
}

bool isTruthy(const json& value) {
  switch (value.type()) {
    case json::value_t::boolean:
      return value.get<bool>();
    case json::value_t::string:
      return !value.get_ref<const std::string&>().empty();
    case json::value_t::array:
      return !value.empty();
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return value.get<double>() != 0;
    case json::value_t::object:
      return true;
    default:
      return false;
  }
}

}  // namespace tidings::render
