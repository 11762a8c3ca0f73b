// Tokens → a tree in which every opening tag has met its closing one, and it is settled which white
// space belongs to tags that stand alone. Pure.
//
// A section's two tags, a partial, a comment and a delimiter change stand alone when they are the
// only thing on their line. A parent or a block is a pair: it stands alone when nothing precedes
// its opening tag and nothing follows its closing tag on their lines, whatever is between.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "render/token.h"

namespace tidings::render {

struct Node {
  size_t token = 0;              // the opening tag, or the text
  std::vector<Node> children{};  // of a parent only its blocks: all else in it is a comment
  bool reindented = false;       // a block whose content begins on a line of its own
};

inline constexpr int kMaxNesting = 64;

// Fills in Token::standalone and Token::dropped. Tags nest at most kMaxNesting deep.
Result<std::vector<Node>> parse(std::vector<Token>& tokens, std::string_view name);

}  // namespace tidings::render
