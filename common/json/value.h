// A JSON value of a parsed document, by reference: cheap to copy, nothing to free.
//
// Owner: the JsonDocument (or JsonStrings) it came from, which must outlive it. Any thread.
// An absent value (`!value`) answers like null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidings {

enum class JsonKind : uint8_t {
  null,
  boolean,
  integer,
  unsignedInteger,
  real,
  string,
  array,
  object
};

// One value as it lies in its document: what an array or object holds follows right after it.
struct JsonNode {
  JsonKind kind = JsonKind::null;
  bool replaced = false;  // a member's name that a later member of the same name made void
  uint32_t span = 1;      // nodes of the whole value, this one included
  uint32_t size = 0;      // bytes of a string, items of an array, members of an object
  union {
    const char* text = nullptr;
    int64_t integer;
    uint64_t unsignedInteger;
    double real;
    bool boolean;
    const uint32_t* sorted;  // of a large object: where its names are, in their order; or null
  };
};

struct JsonMember;

class JsonValue {
 public:
  JsonValue() = default;
  explicit JsonValue(const JsonNode* node) : node_(node) {}

  explicit operator bool() const { return node_ != nullptr; }
  JsonKind kind() const { return node_ ? node_->kind : JsonKind::null; }
  bool isNull() const { return kind() == JsonKind::null; }
  bool isString() const { return kind() == JsonKind::string; }
  bool isArray() const { return kind() == JsonKind::array; }
  bool isObject() const { return kind() == JsonKind::object; }
  // Neither a fraction nor an exponent, and within 64 bits.
  bool isInteger() const {
    return kind() == JsonKind::integer || kind() == JsonKind::unsignedInteger;
  }

  // Precondition of each: the kind is that one.
  bool boolean() const { return node_->boolean; }
  int64_t integer() const { return node_->integer; }                   // negative
  uint64_t unsignedInteger() const { return node_->unsignedInteger; }  // not negative
  double real() const { return node_->real; }
  std::string_view text() const { return {node_->text, node_->size}; }

  // The string that is the member of that name; empty when there is none.
  std::string_view textOf(std::string_view name) const;

  // Items or members; 0 for anything else.
  size_t size() const { return isArray() || isObject() ? node_->size : 0; }
  // The member of that name; absent when there is none or this is no object.
  JsonValue find(std::string_view name) const;

  // for (const JsonValue item : value.items()): nothing unless it is an array.
  class Items;
  Items items() const;
  // for (const auto& [name, member] : value.members()): nothing unless it is an object.
  class Members;
  Members members() const;

 private:
  const JsonNode* node_ = nullptr;
};

struct JsonMember {
  std::string_view name;
  JsonValue value;
};

class JsonValue::Items {
 public:
  class Iterator {
   public:
    explicit Iterator(const JsonNode* at) : at_(at) {}
    JsonValue operator*() const { return JsonValue(at_); }
    Iterator& operator++() {
      at_ += at_->span;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const JsonNode* at_;
  };

  Items(const JsonNode* from, const JsonNode* to) : from_(from), to_(to) {}
  Iterator begin() const { return Iterator(from_); }
  Iterator end() const { return Iterator(to_); }

 private:
  const JsonNode *from_, *to_;
};

class JsonValue::Members {
 public:
  class Iterator {
   public:
    Iterator(const JsonNode* at, const JsonNode* end) : at_(at), end_(end) { skipReplaced(); }
    JsonMember operator*() const { return {{at_->text, at_->size}, JsonValue(at_ + 1)}; }
    Iterator& operator++() {
      at_ += 1 + at_[1].span;
      skipReplaced();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void skipReplaced() {
      while (at_ != end_ && at_->replaced) at_ += 1 + at_[1].span;
    }
    const JsonNode *at_, *end_;
  };

  Members(const JsonNode* from, const JsonNode* to) : from_(from), to_(to) {}
  Iterator begin() const { return {from_, to_}; }
  Iterator end() const { return {to_, to_}; }

 private:
  const JsonNode *from_, *to_;
};

inline JsonValue::Items JsonValue::items() const {
  return isArray() ? Items(node_ + 1, node_ + node_->span) : Items(nullptr, nullptr);
}
inline JsonValue::Members JsonValue::members() const {
  return isObject() ? Members(node_ + 1, node_ + node_->span) : Members(nullptr, nullptr);
}

}  // namespace tidings
