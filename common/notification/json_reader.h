// The fast way from JSON text to a tree, for text that has passed the scan of json_text.cpp:
// nesting is bounded, bytes are UTF-8, control characters are outside of strings only as blanks.
// The generic parser takes more than twice as long, and every message passes here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tidings::notification {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // False if the text is not JSON (RFC 8259), or a number doesn't fit a double. Accepts and makes
  // exactly what nlohmann::json::parse does; why not is for that one to say.
  bool read(nlohmann::json& out);

 private:
  bool value(nlohmann::json& out);
  bool object(nlohmann::json& out);
  bool array(nlohmann::json& out);
  bool string(std::string& out);
  bool escape(std::string& out);
  bool hex4(unsigned& out);
  bool number(nlohmann::json& out);
  bool digits();
  bool word(std::string_view expected);
  bool take(char c);
  void blanks();

  const char* at_;
  const char* end_;
};

}  // namespace tidings::notification
