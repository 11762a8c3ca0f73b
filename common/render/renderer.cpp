#include "render/renderer.h"

#include <algorithm>

#include "base/utf8.h"
#include "render/indentation.h"
#include "render/value_text.h"

namespace tidings::render {

// The indentation of what a partial, parent or block brings: one that stands alone adds its own,
// one in the middle of a line passes none on.
class Renderer::IndentGuard {
 public:
  IndentGuard(Renderer& r, std::string_view indent, bool standalone)
      : renderer_(r), size_(r.indent_.size()), begin_(r.indentBegin_) {
    if (standalone) {
      r.indent_ += indent;
    } else {
      r.indentBegin_ = size_;
    }
    r.indentNext_ = standalone && r.indented();
  }
  ~IndentGuard() {
    renderer_.indent_.resize(size_);
    renderer_.indentBegin_ = begin_;
    renderer_.indentNext_ = false;
  }
  IndentGuard(const IndentGuard&) = delete;
  IndentGuard& operator=(const IndentGuard&) = delete;

 private:
  Renderer& renderer_;
  size_t size_, begin_;
};

Renderer::Renderer(std::string& out, std::span<const JsonValue> contexts,
                   const RenderOptions& options)
    : out_(out), options_(options), start_(out.size()), depth_(contexts.size()) {
  std::copy_n(contexts.begin(), std::min(contexts.size(), kMaxContexts), stack_.begin());
}

Status Renderer::run(const Program& program) {
  if (depth_ > kMaxContexts) return Error{ErrorKind::internal, "too many template contexts"};
  if (!runRange(program, 0, static_cast<uint32_t>(program.segments.size()))) {
    return std::move(*error_);
  }
  if (out_.size() - start_ > options_.maxOutput) {
    failTooLong(program, {});
    return std::move(*error_);
  }
  return done;
}

bool Renderer::runRange(const Program& program, uint32_t at, uint32_t end) {
  if (at >= end) return true;
  if (++ranges_ > kMaxRanges) return fail(program, program.segments[at].at, "tags nest too deep");
  while (at < end) {
    if (!step(program, at)) return false;
    at = program.segments[at].next;
  }
  --ranges_;
  return true;
}

bool Renderer::step(const Program& program, uint32_t at) {
  const Segment& s = program.segments[at];
  if (++steps_ > options_.maxSteps) {
    return fail(program, s.at,
                "rendering takes more than " + std::to_string(options_.maxSteps) +
                    " steps (loops within loops?)");
  }
  if (out_.size() - start_ > options_.maxOutput) return failTooLong(program, s.at);
  switch (s.kind) {
    case TokenKind::variable:
    case TokenKind::rawVariable:
      return runVariable(program, s);
    case TokenKind::section:
    case TokenKind::inverted:
      return runSection(program, s, at);
    case TokenKind::partial:
    case TokenKind::parent:
      return runPartial(program, s, at);
    case TokenKind::block:
      return runBlock(program, s, at);
    default:
      if (indented()) {
        appendLines(program.view(s), s.startsLine);
      } else {
        out_ += program.view(s);
      }
      return true;
  }
}

bool Renderer::runVariable(const Program& program, const Segment& s) {
  indentLine(s.startsLine || indentNext_);
  const Path& path = program.paths[s.name];
  const JsonValue value = lookup(path);
  if (!value) {
    if (!options_.strict) return true;
    return fail(program, s.at, "variable '" + path.text + "' is missing");
  }
  if (options_.escape == Escape::html && s.kind == TokenKind::variable) {
    appendHtml(out_, value);
  } else {
    appendText(out_, value);
  }
  return true;
}

bool Renderer::runSection(const Program& program, const Segment& s, uint32_t at) {
  if (s.startsLine) indentLine(true);
  const JsonValue value = lookup(program.paths[s.name]);
  const bool truthy = isTruthy(value);
  if (s.kind == TokenKind::inverted) return truthy || runRange(program, at + 1, s.next);
  if (!truthy) return true;
  if (!value.isArray()) return runItem(value, program, at + 1, s.next);
  for (const JsonValue item : value.items()) {
    ++steps_;
    if (!runItem(item, program, at + 1, s.next)) return false;
  }
  return true;
}

bool Renderer::runItem(JsonValue item, const Program& program, uint32_t at, uint32_t end) {
  if (depth_ == kMaxContexts) {
    return fail(program, program.segments[at - 1].at, "sections nest too deep");
  }
  stack_[depth_++] = item;
  const bool ok = runRange(program, at, end);
  --depth_;
  return ok;
}

bool Renderer::runPartial(const Program& program, const Segment& s, uint32_t at) {
  if (s.startsLine || (indentNext_ && !s.standalone)) indentLine(true);
  bool ok = true;
  const Template* found = findPartial(program, s, ok);
  if (!found) return ok;
  if (++partials_ > kMaxPartialDepth) {
    return fail(program, s.at,
                "partial '" + cleanText(found->name(), 80) + "' is nested more than " +
                    std::to_string(kMaxPartialDepth) + " deep");
  }
  const IndentGuard guard(*this, program.view(s), s.standalone);
  const Arguments passed{program, at + 1, s.next, arguments_};
  const Arguments* const before = arguments_;
  if (s.kind == TokenKind::parent) arguments_ = &passed;
  const Program& other = found->program();
  ok = runRange(other, 0, static_cast<uint32_t>(other.segments.size()));
  arguments_ = before;
  --partials_;
  return ok;
}

// What a block's content may itself be overridden by is settled where it was written: an argument
// sees only the arguments around it. So overrides can't go round in circles.
bool Renderer::runBlock(const Program& program, const Segment& s, uint32_t at) {
  if (s.startsLine || (indentNext_ && !s.standalone)) indentLine(true);
  const Override found = findOverride(program.names[s.name]);
  if (!found.from && !s.standalone) return runRange(program, at + 1, s.next);
  const IndentGuard guard(*this, program.view(s), s.standalone);
  if (!found.from) return runRange(program, at + 1, s.next);
  const Arguments* const before = std::exchange(arguments_, found.from->outer);
  const Program& other = found.from->program;
  const bool ok = runRange(other, found.block + 1, other.segments[found.block].next);
  arguments_ = before;
  return ok;
}

const Template* Renderer::findPartial(const Program& program, const Segment& s, bool& ok) {
  std::string_view name;
  if (!s.dynamic) {
    name = program.names[s.name];
  } else if (const JsonValue value = lookup(program.paths[s.name])) {
    if (value.isString()) name = value.text();
  } else if (options_.strict) {
    ok = fail(program, s.at, "variable '" + program.paths[s.name].text + "' is missing");
    return nullptr;
  }
  const Template* found = options_.partials ? options_.partials->find(name) : nullptr;
  if (!found && options_.strict) {
    ok = fail(program, s.at, "partial '" + cleanText(name, 80) + "' is missing");
  }
  return found;
}

// The outermost one wins: what a template asks of its parent, its parent can't take back.
Renderer::Override Renderer::findOverride(std::string_view name) const {
  Override found;
  for (const Arguments* a = arguments_; a; a = a->outer) {
    for (uint32_t i = a->begin; i < a->end; i = a->program.segments[i].next) {
      if (a->program.names[a->program.segments[i].name] == name) found = {a, i};
    }
  }
  return found;
}

JsonValue Renderer::lookup(const Path& path) const {
  if (path.parts.empty()) return depth_ > 0 ? stack_[depth_ - 1] : JsonValue();
  JsonValue value;
  for (size_t i = depth_; i-- > 0 && !value;) value = stack_[i].find(path.parts.front());
  for (size_t part = 1; part < path.parts.size() && value; ++part) {
    value = value.find(path.parts[part]);
  }
  return value;
}

void Renderer::appendLines(std::string_view text, bool startsLine) {
  bool begins = startsLine || indentNext_;
  if (text.empty()) indentLine(begins);
  while (!text.empty()) {
    if (!isEmptyLine(text)) indentLine(begins);
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    out_ += text.substr(0, end);
    text.remove_prefix(end);
    begins = true;
  }
  indentNext_ = false;
}

void Renderer::indentLine(bool startsLine) {
  if (startsLine) out_.append(indent_, indentBegin_);
  indentNext_ = false;
}

bool Renderer::failTooLong(const Program& program, Position at) {
  return fail(program, at, "the output exceeds " + std::to_string(options_.maxOutput) + " bytes");
}

bool Renderer::fail(const Program& program, Position at, std::string_view what) {
  if (!error_) {
    error_ = Error{ErrorKind::permanent, program.name + ":" + std::to_string(at.line) + ":" +
                                             std::to_string(at.column) + ": " + std::string(what)};
  }
  return false;
}

}  // namespace tidings::render
