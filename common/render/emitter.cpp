#include "render/emitter.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "render/indentation.h"
#include "render/names.h"
#include "render/scanner.h"

namespace tidings::render {
namespace {

class Emitter {
 public:
  Emitter(const std::vector<Token>& tokens, std::string_view name) : tokens_(tokens) {
    program_.name = name;
  }

  Result<Program> run(const std::vector<Node>& nodes) {
    emitAll(nodes, {});
    if (error_) return std::move(*error_);
    program_.text.shrink_to_fit();
    program_.segments.shrink_to_fit();
    return std::move(program_);
  }

 private:
  // `cut`: white space to take away from the beginning of each line.
  void emitAll(const std::vector<Node>& nodes, std::string_view cut) {
    for (const Node& node : nodes) emitOne(node, cut);
  }

  void emitOne(const Node& node, std::string_view cut) {
    const Token& token = tokens_[node.token];
    switch (token.kind) {
      case TokenKind::text:
        if (!token.dropped) {
          addText(token.startsLine ? withoutIndent(token.text, cut) : token.text, token);
        }
        return;
      case TokenKind::silent:
      case TokenKind::close:
        if (token.startsLine && !token.standalone) addText({}, token);
        return;
      case TokenKind::variable:
      case TokenKind::rawVariable:
        close(addTag(token, path(token)));
        return;
      case TokenKind::section:
      case TokenKind::inverted:
        return emitSection(node, token, cut);
      case TokenKind::partial:
      case TokenKind::parent:
        return emitPartial(node, token, cut);
      case TokenKind::block:
        return emitBlock(node, token, cut, false);
    }
  }

  void emitSection(const Node& node, const Token& token, std::string_view cut) {
    const size_t index = addTag(token, path(token));
    emitAll(node.children, cut);
    close(index);
  }

  void emitPartial(const Node& node, const Token& token, std::string_view cut) {
    const size_t index = addTag(token, token.dynamic ? path(token) : partialName(token));
    setIndent(index, withoutIndent(token.indent, cut));
    for (const Node& block : node.children) emitBlock(block, tokens_[block.token], {}, true);
    close(index);
  }

  void emitBlock(const Node& node, const Token& token, std::string_view cut, bool isArgument) {
    const auto common = node.reindented ? commonIndent(tokens_, node.children) : std::nullopt;
    std::string_view outer = isArgument ? std::string_view{} : token.indent;
    const std::string_view inner = common             ? *common
                                   : isArgument       ? std::string_view{}
                                   : token.standalone ? token.indent
                                                      : cut;
    if (common) outer = *common;
    const size_t index = addTag(token, name(token));
    setIndent(index, withoutIndent(outer, cut));
    emitAll(node.children, inner);
    close(index);
  }

  size_t addTag(const Token& token, uint32_t name) {
    program_.segments.push_back({.kind = token.kind,
                                 .startsLine = token.startsLine && !token.standalone,
                                 .standalone = token.standalone,
                                 .dynamic = token.dynamic,
                                 .name = name,
                                 .at = token.at});
    return program_.segments.size() - 1;
  }

  void close(size_t index) {
    program_.segments[index].next = static_cast<uint32_t>(program_.segments.size());
    mayMerge_ = false;
  }

  void setIndent(size_t index, std::string_view indent) {
    mayMerge_ = false;
    if (!program_.segments[index].standalone) return;
    program_.segments[index].begin = static_cast<uint32_t>(program_.text.size());
    program_.segments[index].size = static_cast<uint32_t>(indent.size());
    program_.text += indent;
  }

  // Neighbouring texts become one segment: the renderer finds the lines in it by its newlines. An
  // empty text marks a line that begins with something else.
  void addText(std::string_view text, const Token& token) {
    const bool merge = mayMerge_ && !text.empty() &&
                       program_.segments.back().kind == TokenKind::text &&
                       program_.text.ends_with('\n') == token.startsLine;
    if (!merge) {
      program_.segments.push_back({.startsLine = token.startsLine,
                                   .begin = static_cast<uint32_t>(program_.text.size()),
                                   .at = token.at});
    }
    program_.text += text;
    program_.segments.back().size += static_cast<uint32_t>(text.size());
    close(program_.segments.size() - 1);
    mayMerge_ = true;
  }

  uint32_t path(const Token& token) {
    const auto known = std::find_if(program_.paths.begin(), program_.paths.end(),
                                    [&](const Path& p) { return p.text == token.text; });
    if (known != program_.paths.end()) {
      return static_cast<uint32_t>(known - program_.paths.begin());
    }
    Path path{.text = std::string(token.text), .parts = {}};
    if (token.text != ".") split(token, path.parts);
    program_.paths.push_back(std::move(path));
    return static_cast<uint32_t>(program_.paths.size() - 1);
  }

  void split(const Token& token, std::vector<std::string>& parts) {
    for (size_t at = 0; at <= token.text.size();) {
      const size_t dot = std::min(token.text.find('.', at), token.text.size());
      if (dot == at) fail(token, "a name on each side of every dot");
      parts.emplace_back(token.text.substr(at, dot - at));
      at = dot + 1;
    }
  }

  uint32_t partialName(const Token& token) {
    if (!isPartialName(token.text)) fail(token, "a partial's name, relative and without '..'");
    return name(token);
  }

  uint32_t name(const Token& token) {
    auto& names = program_.names;
    const auto index = std::find(names.begin(), names.end(), token.text) - names.begin();
    if (static_cast<size_t>(index) == names.size()) names.emplace_back(token.text);
    return static_cast<uint32_t>(index);
  }

  void fail(const Token& token, std::string_view expected) {
    if (error_) return;
    error_ = templateError(
        program_.name, token.at,
        "found '" + cleanText(token.text, 60) + "', expected " + std::string(expected));
  }

  const std::vector<Token>& tokens_;
  Program program_;
  bool mayMerge_ = false;
  std::optional<Error> error_;
};

}  // namespace

Result<Program> emit(const std::vector<Token>& tokens, const std::vector<Node>& nodes,
                     std::string_view name) {
  return Emitter(tokens, name).run(nodes);
}

}  // namespace tidings::render
