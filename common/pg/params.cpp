#include "pg/params.h"

#include <charconv>

#include "base/plain_text.h"

namespace tidings::pg {

bool fitsText(std::string_view text) { return text.find('\0') == std::string_view::npos; }

Params::Params(std::initializer_list<std::string_view> texts) {
  for (const std::string_view value : texts) text(std::string(value));
}

Params& Params::text(std::string value) {
  values_.push_back({std::move(value)});
  return *this;
}

Params& Params::text(const std::optional<std::string>& value) {
  values_.push_back({value});
  return *this;
}

Params& Params::integer(int64_t value) { return text(std::to_string(value)); }
Params& Params::boolean(bool value) { return text(std::string(value ? "t" : "f")); }

Params& Params::null() {
  values_.push_back({std::nullopt});
  return *this;
}

Params& Params::array(Array&& value) {
  values_.push_back({std::move(value).take(), true});
  return *this;
}

void ArrayText::separate() {
  if (buffer_.size() > 1) buffer_ += ',';
}

// Always quoted: then only the quote and the backslash mean anything.
void ArrayText::add(std::string_view element) {
  separate();
  buffer_ += '"';
  for (size_t plain = 0; (plain = plainPrefix(element)) < element.size();) {
    buffer_.append(element, 0, plain);
    if (element[plain] == '"' || element[plain] == '\\') buffer_ += '\\';
    buffer_ += element[plain];
    element.remove_prefix(plain + 1);
  }
  buffer_.append(element);
  buffer_ += '"';
}

void ArrayText::add(int64_t element) {
  separate();
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, element).ptr;
  buffer_.append(digits, end);
}

void ArrayText::addNull() {
  separate();
  buffer_ += "NULL";
}

void ArrayText::addOrNull(std::string_view element) {
  if (element.empty()) {
    addNull();
  } else {
    add(element);
  }
}

std::string ArrayText::take() && {
  buffer_ += '}';
  return std::move(buffer_);
}

}  // namespace tidings::pg
