// What stands in an array of pg/arrays.h, as the server would write it: {"a",NULL,3}.
#pragma once

#include <string>
#include <string_view>

#include "pg/params.h"

namespace tidings::pg {

class ArrayReader {
 public:
  explicit ArrayReader(std::string_view bytes) : bytes_(bytes) {}

  std::string text() {
    if (number(4) == 0) return "{}";
    number(4);
    const bool isText = number(4) == 25;
    const int64_t size = number(4);
    number(4);
    std::string out;
    for (int64_t i = 0; i < size; ++i) out += (i == 0 ? "{" : ",") + element(isText);
    return bytes_.empty() ? out + "}" : "(bytes left over)";
  }

 private:
  std::string element(bool isText) {
    const int64_t length = number(4);
    if (length < 0) return "NULL";
    if (!isText) return std::to_string(number(static_cast<size_t>(length)));
    const std::string text(bytes_.substr(0, static_cast<size_t>(length)));
    bytes_.remove_prefix(text.size());
    return '"' + text + '"';
  }
  int64_t number(size_t width) {
    int64_t value = bytes_.at(0) < 0 ? -1 : 0;
    for (; width > 0; --width) {
      value = value * 256 + static_cast<unsigned char>(bytes_.at(0));
      bytes_.remove_prefix(1);
    }
    return value;
  }

  std::string_view bytes_;
};

inline std::string readable(const Params::Value& value) {
  return value.binary ? ArrayReader(*value.bytes).text() : value.bytes.value_or("NULL");
}

}  // namespace tidings::pg
