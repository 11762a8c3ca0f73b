// What a message carries beside its body, in our own words. Plain values; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tidings::amqp {

struct Value;
using Array = std::vector<Value>;
using Table = std::vector<std::pair<std::string, Value>>;

struct Timestamp {
  uint64_t seconds = 0;
  friend bool operator==(Timestamp, Timestamp) = default;
};
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};
struct Decimal {
  uint8_t scale = 0;
  uint32_t value = 0;
  friend bool operator==(Decimal, Decimal) = default;
};

// A field value. Integers of every width are one type: RabbitMQ treats them alike. What is nested
// deeper than the codec's bound becomes monostate.
struct Value {
  using Any = std::variant<std::monostate, bool, int64_t, double, std::string, Timestamp, Bytes,
                           Decimal, Array, Table>;
  Value() = default;
  template <class T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, Value> && std::is_constructible_v<Any, T&&>)
      Value(T&& of)
      : any(std::forward<T>(of)) {}
  Any any;
  friend bool operator==(const Value& a, const Value& b);
};

// nullptr when the table has no such key, or the value is of another type.
const Value* find(const Table& table, std::string_view key);
const std::string* findText(const Table& table, std::string_view key);
const int64_t* findInt(const Table& table, std::string_view key);

// `expiration` and `user_id` are left out on purpose: carried over to a follow-up message, the one
// would cut its delay short and the other would be refused by the broker.
struct Properties {
  std::string contentType, contentEncoding, messageId, correlationId, replyTo, appId, type;
  std::optional<uint8_t> priority;
  std::optional<uint64_t> timestamp;  // seconds since 1970
  bool persistent = true;
  Table headers;
  friend bool operator==(const Properties&, const Properties&) = default;
};

}  // namespace tidings::amqp
