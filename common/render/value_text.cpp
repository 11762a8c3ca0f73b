#include "render/value_text.h"

#include "json/write.h"

namespace tidings::render {
namespace {

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

void appendText(std::string& out, JsonValue value) {
  if (value.isNull()) return;
  if (value.isString()) {
    out += value.text();
  } else {
    appendJson(out, value);
  }
}

void appendHtml(std::string& out, JsonValue value) {
  if (value.isString()) return escapeHtml(out, value.text());
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

bool isTruthy(JsonValue value) {
  switch (value.kind()) {
    case JsonKind::boolean:
      return value.boolean();
    case JsonKind::string:
      return !value.text().empty();
    case JsonKind::array:
      return value.size() > 0;
    case JsonKind::integer:
      return value.integer() != 0;
    case JsonKind::unsignedInteger:
      return value.unsignedInteger() != 0;
    case JsonKind::real:
      return value.real() != 0;
    case JsonKind::object:
      return true;
    default:
      return false;
  }
}

}  // namespace tidings::render
