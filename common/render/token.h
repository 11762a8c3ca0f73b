// Tokens of a Mustache template. Text is cut at line ends, so that one token never spans two lines
// and the standalone rules become questions about a token's neighbours.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidings::render {

// Counted from 1; columns count characters, not bytes.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

enum class TokenKind : uint8_t {
  text,
  variable,
  rawVariable,
  section,
  inverted,
  close,
  partial,
  parent,
  block,
  silent,  // comments and delimiter changes
};

struct Token {
  TokenKind kind = TokenKind::text;
  std::string_view text{};  // text as written; of a tag its name, without sigil, star and padding
  Position at{};
  bool dynamic = false;       // the name was starred: look it up first
  bool startsLine = false;    // nothing at all stands before it on its line
  bool clearLeft = false;     // nothing but white space before it on its line
  bool clearRight = false;    // nothing but white space after it on its line
  bool standalone = false;    // its line (of a pair: both its ends) belongs to the tag
  bool dropped = false;       // text that belongs to a standalone tag
  std::string_view indent{};  // white space before a tag that is clear on its left
};

}  // namespace tidings::render
