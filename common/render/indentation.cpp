#include "render/indentation.h"

#include <algorithm>

namespace tidings::render {
namespace {

std::string_view leadingBlank(std::string_view text) {
  return text.substr(0, std::min(text.find_first_not_of(" \t"), text.size()));
}

class Common {
 public:
  explicit Common(const std::vector<Token>& tokens) : tokens_(tokens) {}

  void add(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) add(node);
  }

  std::optional<std::string_view> indent;

 private:
  void add(const Node& node) {
    const Token& token = tokens_[node.token];
    if (token.kind == TokenKind::text) return addText(token);
    if (token.kind == TokenKind::block) return addBlock(node, token);
    const bool brings = token.kind == TokenKind::partial || token.kind == TokenKind::parent;
    if (token.standalone && brings) line(token.indent);
    if (!token.standalone && token.startsLine) line({});
    if (token.kind != TokenKind::parent) add(node.children);
  }

  // Its content, where it stands on lines of its own, else the tag itself.
  void addBlock(const Node& node, const Token& token) {
    const auto inner = commonIndent(tokens_, node.children);
    if (token.standalone && !(node.reindented && inner)) line(token.indent);
    if (!token.standalone && token.startsLine) line({});
    if (inner) line(*inner);
  }

  void addText(const Token& text) {
    if (text.dropped || !text.startsLine || isEmptyLine(afterBlank(text.text))) return;
    line(leadingBlank(text.text));
  }

  static std::string_view afterBlank(std::string_view text) {
    return text.substr(leadingBlank(text).size());
  }

  void line(std::string_view blank) { indent = indent ? commonPrefix(*indent, blank) : blank; }

  const std::vector<Token>& tokens_;
};

}  // namespace

std::string_view commonPrefix(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return a.substr(0, static_cast<size_t>(end - a.begin()));
}

std::string_view withoutIndent(std::string_view text, std::string_view cut) {
  return text.substr(commonPrefix(text, cut).size());
}

bool isEmptyLine(std::string_view text) {
  return text.starts_with('\n') || text.starts_with("\r\n");
}

std::optional<std::string_view> commonIndent(const std::vector<Token>& tokens,
                                             const std::vector<Node>& nodes) {
  Common common(tokens);
  common.add(nodes);
  return common.indent;
}

}  // namespace tidings::render
