#include "json/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "base/plain_text.h"

namespace tidings {
namespace {

// From here on looking a name up, and finding repeated ones, one by one takes too long.
constexpr size_t manyMembers = 16;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Never longer than the escape it stands for.
void putUtf8(char*& to, unsigned point) {
  const auto put = [&](unsigned byte) { *to++ = static_cast<char>(byte); };
  const auto tail = [&](unsigned shift) { put(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    put(0xF0 | (point >> 18));
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

template <class Number>
std::optional<Number> toWhole(const char* from, const char* to) {
  Number out{};
  const auto [end, error] = std::from_chars(from, to, out);
  return error == std::errc{} && end == to ? std::optional(out) : std::nullopt;
}

JsonNode wholeNumber(const char* from, const char* to) {
  JsonNode node;
  if (*from == '-') {
    if (const auto number = toWhole<int64_t>(from, to)) {
      node.kind = JsonKind::integer;
      node.integer = *number;
    }
  } else if (const auto number = toWhole<uint64_t>(from, to)) {
    node.kind = JsonKind::unsignedInteger;
    node.unsignedInteger = *number;
  }
  return node;  // null: it doesn't fit
}

std::string_view nameOf(const JsonNode& node) { return {node.text, node.size}; }

}  // namespace

bool JsonReader::read() {
  blanks();
  if (!value()) return false;
  blanks();
  return at_ == end_;
}

void JsonReader::blanks() {
  while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') ++at_;
}

bool JsonReader::take(char c) {
  if (*at_ != c) return false;
  ++at_;
  return true;
}

bool JsonReader::literal(std::string_view word, JsonNode node) {
  if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
  at_ += word.size();
  to_.nodes_.push_back(node);
  return true;
}

bool JsonReader::value() {
  JsonNode node;
  switch (*at_) {
    case '{':
      return object();
    case '[':
      return array();
    case '"':
      return string();
    case 't':
      node.kind = JsonKind::boolean;
      node.boolean = true;
      return literal("true", node);
    case 'f':
      node.kind = JsonKind::boolean;
      node.boolean = false;
      return literal("false", node);
    case 'n':
      return literal("null", node);
    default:
      return number();
  }
}

size_t JsonReader::open(JsonKind kind) {
  ++at_;
  --depthLeft_;
  to_.nodes_.emplace_back().kind = kind;
  blanks();
  return to_.nodes_.size() - 1;
}

void JsonReader::close(size_t self, size_t count) {
  ++depthLeft_;
  JsonNode& node = to_.nodes_[self];
  node.span = static_cast<uint32_t>(to_.nodes_.size() - self);
  node.size = static_cast<uint32_t>(count);
}

bool JsonReader::object() {
  if (depthLeft_ == 0) return false;
  const size_t self = open(JsonKind::object);
  size_t count = 0;
  if (!take('}')) {
    do {
      blanks();
      if (*at_ != '"' || !string()) return false;
      blanks();
      if (!take(':')) return false;
      blanks();
      if (!value()) return false;
      ++count;
      blanks();
    } while (take(','));
    if (!take('}')) return false;
  }
  close(self, count);
  JsonNode& node = to_.nodes_[self];
  node.sorted = nullptr;
  if (count > manyMembers) {
    sortNames(node);
  } else {
    dropRepeated(node);
  }
  return true;
}

bool JsonReader::array() {
  if (depthLeft_ == 0) return false;
  const size_t self = open(JsonKind::array);
  size_t count = 0;
  if (!take(']')) {
    do {
      blanks();
      if (!value()) return false;
      ++count;
      blanks();
    } while (take(','));
    if (!take(']')) return false;
  }
  close(self, count);
  return true;
}

// Of equal names the last wins. Each name is compared with the few before it.
void JsonReader::dropRepeated(JsonNode& object) {
  JsonNode* const end = &object + object.span;
  for (JsonNode* late = &object + 1; late != end; late += 1 + late[1].span) {
    for (JsonNode* early = &object + 1; early != late; early += 1 + early[1].span) {
      if (early->size != late->size || early->replaced) continue;
      if (std::memcmp(early->text, late->text, late->size) != 0) continue;
      early->replaced = true;
      --object.size;
    }
  }
}

void JsonReader::sortNames(JsonNode& object) {
  std::vector<uint32_t> names;
  names.reserve(object.size);
  for (uint32_t at = 1; at < object.span; at += 1 + (&object)[at + 1].span) names.push_back(at);
  const auto name = [&](uint32_t at) { return nameOf((&object)[at]); };
  std::stable_sort(names.begin(), names.end(),
                   [&](uint32_t a, uint32_t b) { return name(a) < name(b); });
  auto sorted = std::make_unique_for_overwrite<uint32_t[]>(names.size());
  uint32_t kept = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool last = i + 1 == names.size() || name(names[i]) != name(names[i + 1]);
    (&object)[names[i]].replaced = !last;
    if (last) sorted[kept++] = names[i];
  }
  object.size = kept;
  object.sorted = sorted.get();
  to_.sorted_.push_back(std::move(sorted));
}

bool JsonReader::string() {
  char* const from = ++at_;
  at_ += plainPrefix({at_, static_cast<size_t>(end_ - at_)});
  char* to = at_;
  while (*at_ != '"') {
    if (*at_ != '\\' || !escape(to)) return false;
    const size_t plain = plainPrefix({at_, static_cast<size_t>(end_ - at_)});
    std::memmove(to, at_, plain);
    to += plain;
    at_ += plain;
  }
  ++at_;
  JsonNode& node = to_.nodes_.emplace_back();
  node.kind = JsonKind::string;
  node.size = static_cast<uint32_t>(to - from);
  node.text = from;
  return true;
}

bool JsonReader::escape(char*& to) {
  ++at_;
  constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
  const char c = *at_;
  if (const size_t i = letters.find(c); i != std::string_view::npos) {
    ++at_;
    *to++ = meant[i];
    return true;
  }
  unsigned point = 0;
  if (!take('u') || !hex4(point)) return false;
  if (point >= 0xDC00 && point <= 0xDFFF) return false;
  if (point >= 0xD800 && point <= 0xDBFF) {
    unsigned low = 0;
    if (!take('\\') || !take('u') || !hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  putUtf8(to, point);
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
  const char* const from = at_;
  while (isDigit(*at_)) ++at_;
  return at_ > from;
}

// An integer that fits 64 bits stays one; everything else is a double.
bool JsonReader::number() {
  const char* const from = at_;
  take('-');
  const bool leadingZero = *at_ == '0';
  const char* const first = at_;
  if (!digits() || (leadingZero && at_ - first > 1)) return false;
  const char* const wholeEnd = at_;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!digits()) return false;
  }
  JsonNode node;
  if (at_ == wholeEnd) node = wholeNumber(from, at_);
  if (node.kind == JsonKind::null) {
    double real = 0;
    if (!toDouble(from, at_, real)) return false;
    node.kind = JsonKind::real;
    node.real = real;
  }
  to_.nodes_.push_back(node);
  return true;
}

}  // namespace tidings
