#include "notification/json_reader.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/plain_text.h"

namespace tidings::notification {
namespace {

using nlohmann::json;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

void appendUtf8(std::string& out, unsigned point) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((point >> shift) & 0x3F));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// from_chars can't tell too large from too small, strtod can.
bool toDouble(const char* from, const char* to, double& out) {
  const auto [end, error] = std::from_chars(from, to, out);
  if (error == std::errc{}) return end == to;
  out = std::strtod(std::string(from, to).c_str(), nullptr);
  return std::isfinite(out);
}

template <class N>
bool toWhole(const char* from, const char* to, json& out) {
  N number{};
  const auto [end, error] = std::from_chars(from, to, number);
  if (error != std::errc{} || end != to) return false;
  out = number;
  return true;
}

}  // namespace

bool JsonReader::read(json& out) {
  blanks();
  if (!value(out)) return false;
  blanks();
  return at_ == end_;
}

void JsonReader::blanks() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool JsonReader::take(char c) {
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

bool JsonReader::word(std::string_view expected) {
  if (std::string_view(at_, static_cast<size_t>(end_ - at_)).substr(0, expected.size()) !=
      expected) {
    return false;
  }
  at_ += expected.size();
  return true;
}

bool JsonReader::value(json& out) {
  if (at_ == end_) return false;
  switch (*at_) {
    case '{':
      return object(out);
    case '[':
      return array(out);
    case '"':
      out = std::string();
      return string(out.get_ref<std::string&>());
    case 't':
      out = true;
      return word("true");
    case 'f':
      out = false;
      return word("false");
    case 'n':
      out = nullptr;
      return word("null");
    default:
      return number(out);
  }
}

bool JsonReader::object(json& out) {
  ++at_;
  out = json::object();
  auto& members = out.get_ref<json::object_t&>();
  blanks();
  if (take('}')) return true;
  do {
    std::string key;
    blanks();
    if (at_ == end_ || *at_ != '"' || !string(key)) return false;
    blanks();
    if (!take(':')) return false;
    blanks();
    if (!value(members[std::move(key)])) return false;  // of equal keys the last wins
    blanks();
  } while (take(','));
  return take('}');
}

bool JsonReader::array(json& out) {
  ++at_;
  out = json::array();
  auto& items = out.get_ref<json::array_t&>();
  blanks();
  if (take(']')) return true;
  do {
    blanks();
    if (!value(items.emplace_back())) return false;
    blanks();
  } while (take(','));
  return take(']');
}

bool JsonReader::string(std::string& out) {
  ++at_;
  while (true) {
    const size_t plain = plainPrefix({at_, static_cast<size_t>(end_ - at_)});
    out.append(at_, plain);
    at_ += plain;
    if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) return false;
    if (*at_++ == '"') return true;
    if (!escape(out)) return false;
  }
}

bool JsonReader::escape(std::string& out) {
  if (at_ == end_) return false;
  constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
  const char c = *at_++;
  if (const size_t i = letters.find(c); i != std::string_view::npos) {
    out += meant[i];
    return true;
  }
  unsigned point = 0;
  if (c != 'u' || !hex4(point)) return false;
  if (point >= 0xDC00 && point <= 0xDFFF) return false;
  if (point >= 0xD800 && point <= 0xDBFF) {
    unsigned low = 0;
    if (!take('\\') || !take('u') || !hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  appendUtf8(out, point);
  return true;
}

bool JsonReader::hex4(unsigned& out) {
  if (end_ - at_ < 4) return false;
  const auto [end, error] = std::from_chars(at_, at_ + 4, out, 16);
  const bool whole = error == std::errc{} && end == at_ + 4;
  at_ += 4;
  return whole;
}

bool JsonReader::digits() {
  const char* from = at_;
  while (at_ < end_ && isDigit(*at_)) ++at_;
  return at_ > from;
}

// An integer that fits 64 bits stays one; everything else is a double.
bool JsonReader::number(json& out) {
  const char* from = at_;
  const bool negative = take('-');
  const bool leadingZero = at_ < end_ && *at_ == '0';
  const char* first = at_;
  if (!digits() || (leadingZero && at_ - first > 1)) return false;
  const char* wholeEnd = at_;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!digits()) return false;
  }
  if (at_ == wholeEnd) {
    if (negative ? toWhole<int64_t>(from, at_, out) : toWhole<uint64_t>(from, at_, out)) {
      return true;
    }
  }
  double number = 0;
  if (!toDouble(from, at_, number)) return false;
  out = number;
  return true;
}

}  // namespace tidings::notification
