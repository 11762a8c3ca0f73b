#include "render/parser.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "render/scanner.h"

namespace tidings::render {
namespace {

bool opens(TokenKind kind) {
  return kind == TokenKind::section || kind == TokenKind::inverted || kind == TokenKind::parent ||
         kind == TokenKind::block;
}

std::string nameOf(const Token& tag) { return (tag.dynamic ? "*" : "") + cleanText(tag.text, 60); }

std::string place(const Token& tag) {
  return std::to_string(tag.at.line) + ":" + std::to_string(tag.at.column);
}

class Parser {
 public:
  Parser(std::vector<Token>& tokens, std::string_view name) : tokens_(tokens), name_(name) {}

  Result<std::vector<Node>> run() {
    std::vector<Node> nodes = parseNodes(nullptr);
    if (error_) return std::move(*error_);
    return nodes;
  }

 private:
  std::vector<Node> parseNodes(const Token* open) {
    std::vector<Node> nodes;
    while (!error_ && at_ < tokens_.size()) {
      const size_t index = at_++;
      const Token& token = tokens_[index];
      if (token.kind == TokenKind::close) {
        checkClose(open, token);
        if (!error_) nodes.push_back({.token = index});
        return nodes;
      }
      nodes.push_back(opens(token.kind) ? parsePair(index, open) : parseSingle(index));
    }
    if (open && !error_) {
      error_ = templateError(name_, open->at,
                             "found the end of the template, expected '{{/" + nameOf(*open) +
                                 "}}' to close the tag that begins here");
    }
    return nodes;
  }

  void checkClose(const Token* open, const Token& close) {
    if (open && open->text == close.text && open->dynamic == close.dynamic) return;
    const std::string found = "found '{{/" + nameOf(close) + "}}', expected ";
    error_ = templateError(
        name_, close.at,
        open ? found + "'{{/" + nameOf(*open) + "}}' to close the tag of " + place(*open)
             : found + "no closing tag: nothing is open here");
  }

  Node parseSingle(size_t index) {
    const TokenKind kind = tokens_[index].kind;
    if (kind == TokenKind::partial || kind == TokenKind::silent) standAlone(index);
    return {.token = index};
  }

  Node parsePair(size_t index, const Token* around) {
    const Token& open = tokens_[index];
    Node node{.token = index};
    if (++depth_ > kMaxNesting) {
      error_ = templateError(name_, open.at,
                             "found tags nested deeper than " + std::to_string(kMaxNesting));
      return node;
    }
    node.children = parseNodes(&open);
    --depth_;
    if (error_) return node;
    const size_t close = node.children.back().token;
    if (open.kind == TokenKind::parent) {
      pairParent(index, close, node);
    } else if (open.kind == TokenKind::block) {
      pairBlock(index, close, around && around->kind == TokenKind::parent, node);
    } else {
      standAlone(index);
      standAlone(close);
    }
    return node;
  }

  void pairParent(size_t open, size_t close, Node& node) {
    std::erase_if(node.children,
                  [this](const Node& n) { return tokens_[n.token].kind != TokenKind::block; });
    checkArguments(node.children);
    if (!tokens_[open].clearLeft || !tokens_[close].clearRight) return;
    tokens_[open].standalone = true;
    dropBefore(open);
    dropAfter(close);
  }

  void checkArguments(const std::vector<Node>& blocks) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      const Token& block = tokens_[blocks[i].token];
      const auto same = [&](const Node& n) { return tokens_[n.token].text == block.text; };
      const auto before = blocks.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::any_of(blocks.begin(), before, same) && !error_) {
        error_ = templateError(
            name_, block.at,
            "found block '" + nameOf(block) + "' again, expected each block of a parent once");
      }
    }
  }

  void pairBlock(size_t open, size_t close, bool isArgument, Node& node) {
    const bool pair = tokens_[open].clearLeft && tokens_[close].clearRight;
    if (!pair && !isArgument) {
      standAlone(open);
      standAlone(close);
      return;
    }
    node.reindented = tokens_[open].clearRight;
    tokens_[open].standalone = !isArgument;
    if (!isArgument) dropBefore(open);
    if (tokens_[open].clearRight) dropAfter(open);
    if (!tokens_[close].clearLeft) return;
    tokens_[close].standalone = true;
    dropBefore(close);
    if (!isArgument) dropAfter(close);
  }

  void standAlone(size_t index) {
    Token& tag = tokens_[index];
    if (!tag.clearLeft || !tag.clearRight) return;
    tag.standalone = true;
    dropBefore(index);
    dropAfter(index);
  }

  void dropBefore(size_t index) {
    if (!tokens_[index].indent.empty()) tokens_[index - 1].dropped = true;
  }

  void dropAfter(size_t index) {
    if (index + 1 < tokens_.size()) tokens_[index + 1].dropped = true;
  }

  std::vector<Token>& tokens_;
  std::string_view name_;
  size_t at_ = 0;
  int depth_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<std::vector<Node>> parse(std::vector<Token>& tokens, std::string_view name) {
  return Parser(tokens, name).run();
}

}  // namespace tidings::render
