// A JSON text (RFC 8259), parsed into one array of nodes beside one copy of its bytes: every
// message passes here, and a tree with a piece of memory for each member costs several times as
// much.
//
// Movable; the values it gave stay valid when it moves. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace tidings {

class JsonDocument {
 public:
  // Nothing if `text` is not JSON, nests deeper than `maxDepth` arrays and objects, has a number
  // beyond a double or half a surrogate pair in an escape; why is for a slower parser to say. Of
  // equal names in one object the last wins. Strings hold the bytes they were given: whoever wants
  // UTF-8 checks `text` first. Precondition: `text` is shorter than 4 GiB.
  static std::optional<JsonDocument> parse(std::string_view text, int maxDepth);

  JsonDocument() = default;  // its root is absent
  JsonValue root() const { return nodes_.empty() ? JsonValue() : JsonValue(nodes_.data()); }

 private:
  friend class JsonReader;
  std::unique_ptr<char[]> text_;
  std::vector<JsonNode> nodes_;
  std::vector<std::unique_ptr<uint32_t[]>> sorted_;  // JsonNode::sorted of large objects
};

}  // namespace tidings
