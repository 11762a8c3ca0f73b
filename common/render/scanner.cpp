#include "render/scanner.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/utf8.h"

namespace tidings::render {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kBlank = " \t";
constexpr auto npos = std::string_view::npos;

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool isBlank(std::string_view text) { return text.find_first_not_of(kBlank) == npos; }

// White space up to and with the line's end, or up to the end of the template.
bool isRestOfLine(std::string_view text, bool last) {
  if (text.ends_with('\n')) {
    text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    return isBlank(text);
  }
  return last && isBlank(text);
}

std::string inQuotes(std::string_view text) { return "'" + cleanText(text, 60) + "'"; }

TokenKind kindOf(char sigil) {
  switch (sigil) {
    case '#':
      return TokenKind::section;
    case '^':
      return TokenKind::inverted;
    case '/':
      return TokenKind::close;
    case '>':
      return TokenKind::partial;
    case '<':
      return TokenKind::parent;
    case '$':
      return TokenKind::block;
    case '&':
    case '{':
      return TokenKind::rawVariable;
    case '!':
    case '=':
      return TokenKind::silent;
    default:
      return TokenKind::variable;
  }
}

void advance(Position& position, char c) {
  if (c == '\n') {
    position = {position.line + 1, 1};
  } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
    ++position.column;
  }
}

class Scanner {
 public:
  Scanner(std::string_view source, std::string_view name) : source_(source), name_(name) {}

  Result<std::vector<Token>> run() {
    while (at_ < source_.size() && !error_) {
      const size_t tag = source_.find(open_, at_);
      addText(std::min(tag, source_.size()));
      if (tag != npos) addTag();
    }
    if (error_) return std::move(*error_);
    findClearSides();
    return std::move(tokens_);
  }

 private:
  void addText(size_t end) {
    while (at_ < end) {
      const size_t newline = source_.find('\n', at_);
      const size_t stop = newline < end ? newline + 1 : end;
      push({.kind = TokenKind::text, .text = source_.substr(at_, stop - at_)});
      moveTo(stop);
    }
  }

  // Precondition: the opening delimiter stands at at_.
  void addTag() {
    const size_t after = at_ + open_.size();
    const size_t begin = source_.find_first_not_of(kSpace, after);
    const char first = begin == npos ? '\0' : source_[begin];
    const char sigil = std::string_view("#^/><$&{!=").find(first) == npos ? '\0' : first;
    const size_t inner = sigil == '\0' ? after : begin + 1;
    const std::string closing = (sigil == '{' ? "}" : sigil == '=' ? "=" : "") + close_;
    const size_t end = source_.find(closing, inner);
    if (end == npos) {
      return fail("found the end of the template, expected " + inQuotes(closing) +
                  " to end the tag that begins here");
    }
    addTagOf(sigil, trim(source_.substr(inner, end - inner)));
    moveTo(end + closing.size());
    if (sigil == '=') std::tie(open_, close_) = std::pair(nextOpen_, nextClose_);
  }

  void addTagOf(char sigil, std::string_view content) {
    Token token{.kind = kindOf(sigil), .text = content};
    if (sigil == '=') return setDelimiters(token);
    if (sigil != '!') checkName(token);
    push(token);
  }

  void checkName(Token& token) {
    const bool mayBeDynamic = token.kind == TokenKind::partial || token.kind == TokenKind::parent ||
                              token.kind == TokenKind::close;
    if (mayBeDynamic && token.text.starts_with('*')) {
      token.dynamic = true;
      token.text = trim(token.text.substr(1));
    }
    if (token.text.empty()) return fail("found an empty tag, expected a name");
    if (token.text.find_first_of(kSpace) != npos) {
      fail("found " + inQuotes(token.text) + ", expected a name without white space");
    }
  }

  void setDelimiters(Token token) {
    const size_t gap = token.text.find_first_of(kSpace);
    nextOpen_ = token.text.substr(0, gap);
    nextClose_ = gap == npos ? "" : trim(token.text.substr(gap));
    const bool bad = nextOpen_.empty() || nextClose_.empty() ||
                     (nextOpen_ + nextClose_).find_first_of(" \t\r\n=") != npos;
    if (bad) {
      return fail("found " + inQuotes(token.text) +
                  ", expected two delimiters with a space between, as in '{{=<% %>=}}'");
    }
    push(token);
  }

  void push(Token token) {
    token.at = position_;
    token.startsLine = at_ == 0 || source_[at_ - 1] == '\n';
    tokens_.push_back(token);
  }

  void moveTo(size_t end) {
    for (; at_ < end; ++at_) advance(position_, source_[at_]);
  }

  void findClearSides() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      Token& token = tokens_[i];
      if (token.kind == TokenKind::text) continue;
      const Token* before = i > 0 ? &tokens_[i - 1] : nullptr;
      const bool indented = !token.startsLine && before && before->kind == TokenKind::text &&
                            before->startsLine && isBlank(before->text);
      token.clearLeft = token.startsLine || indented;
      if (indented) token.indent = before->text;
      const Token* after = i + 1 < tokens_.size() ? &tokens_[i + 1] : nullptr;
      token.clearRight = !after || (after->kind == TokenKind::text &&
                                    isRestOfLine(after->text, i + 2 == tokens_.size()));
    }
  }

  void fail(std::string_view what) {
    if (!error_) error_ = templateError(name_, position_, what);
    at_ = source_.size();
  }

  std::string_view source_;
  std::string_view name_;
  size_t at_ = 0;
  Position position_;
  std::string open_ = "{{", close_ = "}}", nextOpen_, nextClose_;
  std::vector<Token> tokens_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::vector<Token>> scan(std::string_view source, std::string_view name) {
  return Scanner(source, name).run();
}

Position positionOf(std::string_view source, size_t offset) {
  Position position;
  for (const char c : source.substr(0, offset)) advance(position, c);
  return position;
}

Error templateError(std::string_view name, Position at, std::string_view what) {
  return {ErrorKind::invalid, std::string(name) + ":" + std::to_string(at.line) + ":" +
                                  std::to_string(at.column) + ": " + std::string(what)};
}

}  // namespace tidings::render
