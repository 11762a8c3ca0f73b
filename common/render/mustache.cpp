#include "render/mustache.h"

#include "base/utf8.h"
#include "render/emitter.h"
#include "render/parser.h"
#include "render/renderer.h"
#include "render/scanner.h"

namespace tidings::render {

const std::string& Template::name() const { return program_->name; }

std::vector<PartialUse> Template::partialsUsed() const {
  std::vector<PartialUse> found;
  for (const Segment& segment : program_->segments) {
    const bool brings = segment.kind == TokenKind::partial || segment.kind == TokenKind::parent;
    if (brings && !segment.dynamic) {
      found.push_back({program_->names[segment.name], segment.at.line, segment.at.column});
    }
  }
  return found;
}

Result<Template> compile(std::string_view text, std::string_view name) {
  constexpr size_t kMaxTemplate = 1 << 20;
  if (text.size() > kMaxTemplate) {
    return templateError(
        name, {},
        "found a template of " + std::to_string(text.size()) + " bytes, expected at most 1 MiB");
  }
  if (const auto bad = findInvalidUtf8(text)) {
    return templateError(name, positionOf(text, *bad), "found a byte that is not UTF-8");
  }
  Result<std::vector<Token>> tokens = scan(text, name);
  if (!tokens) return std::move(tokens).error();
  Result<std::vector<Node>> nodes = parse(*tokens, name);
  if (!nodes) return std::move(nodes).error();
  Result<Program> program = emit(*tokens, *nodes, name);
  if (!program) return std::move(program).error();
  return Template(std::make_shared<const Program>(std::move(program).value()));
}

Status renderTo(std::string& out, const Template& source, std::span<const JsonValue> contexts,
                const RenderOptions& options) {
  constexpr size_t valuesMostly = 96;  // more makes the text grow, that is all
  const Program& program = source.program();
  out.reserve(out.size() + program.text.size() + valuesMostly);
  return Renderer(out, contexts, options).run(program);
}

Result<std::string> render(const Template& source, JsonValue data, const RenderOptions& options) {
  std::string out;
  const Status status = renderTo(out, source, {&data, 1}, options);
  if (!status) return status.error();
  return out;
}

}  // namespace tidings::render
