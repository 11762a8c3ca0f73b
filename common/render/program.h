// A compiled template: a flat list of segments, walked by the renderer without looking at the
// template's text again. Immutable. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "render/token.h"

namespace tidings::render {

// A dotted name, split. Empty parts: the implicit iterator ".".
struct Path {
  std::string text;
  std::vector<std::string> parts;
};

struct Segment {
  TokenKind kind = TokenKind::text;  // never close or silent
  bool startsLine = false;           // a line of the template begins here: indentation goes before
  bool standalone = false;       // parents, partials, blocks: `indent` applies to what they bring
  bool dynamic = false;          // `name` is an index into paths and tells the partial's name
  uint32_t next = 0;             // the segment after this one and all it contains
  uint32_t begin = 0, size = 0;  // in Program::text: the text, or the indentation
  uint32_t name = 0;             // variables and sections: in paths; others: in names
  Position at{};
};

struct Program {
  std::string name;
  std::string text;
  std::vector<Path> paths;
  std::vector<std::string> names;
  std::vector<Segment> segments;

  std::string_view view(const Segment& s) const {
    return std::string_view(text).substr(s.begin, s.size);
  }
};

}  // namespace tidings::render
