// A small object of strings made on the spot, for whoever reads JsonValues. Copies nothing: names
// and texts must outlive it.
#pragma once

#include <array>

#include "json/value.h"

namespace tidings {

template <uint32_t members>
class JsonStrings {
 public:
  struct Member {
    std::string_view name, text;
  };
  explicit JsonStrings(const std::array<Member, members>& given) {
    nodes_[0].kind = JsonKind::object;
    nodes_[0].span = 1 + 2 * members;
    nodes_[0].size = members;
    nodes_[0].sorted = nullptr;
    for (size_t i = 0; i < members; ++i) {
      nodes_[1 + 2 * i] = stringNode(given[i].name);
      nodes_[2 + 2 * i] = stringNode(given[i].text);
    }
  }
  JsonStrings(const JsonStrings&) = delete;
  JsonStrings& operator=(const JsonStrings&) = delete;

  JsonValue value() const { return JsonValue(nodes_.data()); }

 private:
  static JsonNode stringNode(std::string_view text) {
    JsonNode node;
    node.kind = JsonKind::string;
    node.size = static_cast<uint32_t>(text.size());
    node.text = text.data();
    return node;
  }
  std::array<JsonNode, 1 + 2 * members> nodes_;
};

}  // namespace tidings
