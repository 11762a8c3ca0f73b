// What goes into a statement's $1, $2, …: single values in text format, so the server's types
// decide; arrays also in binary format (arrays.h), which spares both sides the escaping.
// Values must not contain NUL bytes (PostgreSQL has no such text): whoever takes foreign text
// checks with fitsText() first.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/arrays.h"

namespace tidings::pg {

bool fitsText(std::string_view text);

class Params {
 public:
  struct Value {
    std::optional<std::string> bytes;  // nullopt is NULL
    bool binary = false;
  };

  Params() = default;
  Params(std::initializer_list<std::string_view> texts);

  Params& text(std::string value);
  Params& text(const std::optional<std::string>& value);
  Params& integer(int64_t value);
  Params& boolean(bool value);
  Params& null();
  Params& array(Array&& value);

  const std::vector<Value>& values() const { return values_; }

 private:
  std::vector<Value> values_;
};

// Builds an array literal, {a,"b c",NULL}, in one buffer.
class ArrayText {
 public:
  explicit ArrayText(size_t expectedBytes = 256) { buffer_.reserve(expectedBytes); }
  void add(std::string_view element);
  void add(int64_t element);
  void addNull();
  // Empty text counts as NULL.
  void addOrNull(std::string_view element);
  std::string take() &&;

 private:
  void separate();
  std::string buffer_ = "{";
};

}  // namespace tidings::pg
