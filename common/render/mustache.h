// Mustache, to the official specification v1.4 with its modules "inheritance" and "dynamic names"
// and without lambdas. A template is compiled once and rendered straight from JSON values.
//
// Where the specification leaves room: false, null, 0, "" and [] don't render a section (as in
// JavaScript); a missing variable or partial renders as nothing unless `strict`; numbers print as
// JSON.stringify would (5.0 as 5), true and false as words, null as nothing, objects and arrays as
// compact JSON; indentation is never put on an empty line.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace tidings::render {

struct Program;

struct PartialUse {
  std::string name;
  uint32_t line = 1, column = 1;
};

// Immutable and cheap to copy; may be used by any number of threads.
class Template {
 public:
  explicit Template(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  const std::string& name() const;
  // The partials and parents it names itself (those named by variables are known only later).
  std::vector<PartialUse> partialsUsed() const;
  const Program& program() const { return *program_; }

 private:
  std::shared_ptr<const Program> program_;
};

// `name` is for error messages: usually the file's. Errors are `invalid` and read
// "name:line:column: found …, expected …".
Result<Template> compile(std::string_view text, std::string_view name);

// Where partials come from. A name is only ever looked up, never opened as a file.
class Partials {
 public:
  virtual ~Partials() = default;
  // nullptr when there is none. Valid until the Partials are gone.
  virtual const Template* find(std::string_view name) const = 0;
};

enum class Escape { html, none };

struct RenderOptions {
  Escape escape = Escape::html;
  bool strict = false;  // a missing variable or partial is an error that names it and its place
  const Partials* partials = nullptr;
  size_t maxOutput = 1 << 20;   // bytes
  size_t maxSteps = 1'000'000;  // segments rendered: bounds loops in loops that print nothing
};

inline constexpr int kMaxPartialDepth = 64;

// Appends to `out`. Contexts: outermost first, the last is what "." means. Errors
// are `permanent`: the same data would fail again.
Status renderTo(std::string& out, const Template& source, std::span<const JsonValue> contexts,
                const RenderOptions& options);

Result<std::string> render(const Template& source, JsonValue data,
                           const RenderOptions& options = {});

}  // namespace tidings::render
