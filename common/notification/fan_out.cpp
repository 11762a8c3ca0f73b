#include "notification/fan_out.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tidings::notification {
namespace {

constexpr std::string_view blanks = " \t\n\r";

// Walks valid JSON by its delimiters alone; never reads past the end of what isn't.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool atEnd() const { return at_ >= text_.size(); }
  char peek() const { return atEnd() ? '\0' : text_[at_]; }
  void step() { ++at_; }
  size_t at() const { return at_; }
  void skipBlanks() { at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size()); }

  // A string with its quotes.
  std::string_view string() {
    const size_t start = at_++;
    while (!atEnd() && peek() != '"') at_ += peek() == '\\' ? 2 : 1;
    if (!atEnd()) ++at_;
    at_ = std::min(at_, text_.size());
    return text_.substr(start, at_ - start);
  }

  // Past one value: to the comma or brace that ends its member.
  void skipValue() {
    for (int depth = 0; !atEnd();) {
      const char c = peek();
      if (depth == 0 && (c == ',' || c == '}')) return;
      if (c == '"') {
        string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    }
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool namesRecipients(std::string_view quotedKey) {
  std::string key;
  if (quotedKey.find('\\') == std::string_view::npos) {
    key = quotedKey;
    key = key.substr(1, key.size() - std::min<size_t>(key.size(), 2));
  } else {
    const auto parsed = nlohmann::json::parse(quotedKey, nullptr, false);
    if (parsed.is_string()) key = parsed.get<std::string>();
  }
  return key == "recipient" || key == "recipients" || key == "topic";
}

}  // namespace

FanOut::FanOut(std::string_view body) {
  const std::string_view object = body.substr(std::min(body.find('{'), body.size()));
  Cursor in(object);
  in.step();
  for (in.skipBlanks(); in.peek() == '"'; in.skipBlanks()) {
    const size_t start = in.at();
    const bool dropped = namesRecipients(in.string());
    in.skipValue();
    if (!dropped) rest_.append(1, ',').append(object.substr(start, in.at() - start));
    if (in.peek() != ',') break;
    in.step();
  }
}

std::string FanOut::childFor(std::string_view recipient) const {
  std::string child;
  child.reserve(rest_.size() + recipient.size() + 24);
  child += "{\"recipient\":\"";
  for (const char c : recipient) {
    if (c == '"' || c == '\\') child += '\\';
    child += c;
  }
  child += '"';
  child += rest_;
  child += '}';
  return child;
}

}  // namespace tidings::notification
