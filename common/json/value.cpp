#include "json/value.h"

#include <algorithm>

namespace tidings {
namespace {

std::string_view nameAt(const JsonNode& node) { return {node.text, node.size}; }

// By halves: a message may bring an object with ten thousands of members.
JsonValue findSorted(const JsonNode& object, std::string_view name) {
  const uint32_t* const end = object.sorted + object.size;
  const uint32_t* const found = std::lower_bound(
      object.sorted, end, name,
      [&](uint32_t at, std::string_view wanted) { return nameAt((&object)[at]) < wanted; });
  if (found == end || nameAt((&object)[*found]) != name) return {};
  return JsonValue(&object + *found + 1);
}

}  // namespace

JsonValue JsonValue::find(std::string_view name) const {
  if (!isObject()) return {};
  if (node_->sorted) return findSorted(*node_, name);
  for (const auto& member : members()) {
    if (member.name == name) return member.value;
  }
  return {};
}

std::string_view JsonValue::textOf(std::string_view name) const {
  const JsonValue member = find(name);
  return member.isString() ? member.text() : std::string_view{};
}

}  // namespace tidings
