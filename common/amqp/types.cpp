#include "amqp/types.h"

namespace tidings::amqp {

bool operator==(const Value& a, const Value& b) { return a.any == b.any; }

const Value* find(const Table& table, std::string_view key) {
  for (const auto& [name, value] : table) {
    if (name == key) return &value;
  }
  return nullptr;
}

const std::string* findText(const Table& table, std::string_view key) {
  const Value* value = find(table, key);
  return value == nullptr ? nullptr : std::get_if<std::string>(&value->any);
}

const int64_t* findInt(const Table& table, std::string_view key) {
  const Value* value = find(table, key);
  return value == nullptr ? nullptr : std::get_if<int64_t>(&value->any);
}

}  // namespace tidings::amqp
