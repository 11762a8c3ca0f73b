// A JsonValue as nlohmann's tree, to be compared and looked into by tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "json/document.h"

namespace tidings {

inline nlohmann::json treeOf(JsonValue value) {
  nlohmann::json out;
  switch (value.kind()) {
    case JsonKind::null:
      break;
    case JsonKind::boolean:
      out = value.boolean();
      break;
    case JsonKind::integer:
      out = value.integer();
      break;
    case JsonKind::unsignedInteger:
      out = value.unsignedInteger();
      break;
    case JsonKind::real:
      out = value.real();
      break;
    case JsonKind::string:
      out = std::string(value.text());
      break;
    case JsonKind::array:
      out = nlohmann::json::array();
      for (const JsonValue item : value.items()) out.push_back(treeOf(item));
      break;
    case JsonKind::object:
      out = nlohmann::json::object();
      for (const auto& [name, member] : value.members()) out[std::string(name)] = treeOf(member);
      break;
  }
  return out;
}

// Throws std::bad_optional_access if a test's own text is no JSON.
inline JsonDocument documentOf(const std::string& text) {
  return JsonDocument::parse(text, 32).value();
}
inline JsonDocument documentFrom(const nlohmann::json& tree) { return documentOf(tree.dump()); }

}  // namespace tidings
