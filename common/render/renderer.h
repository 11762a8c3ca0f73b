// Walks a Program. One object renders once; private to this room.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "json/value.h"
#include "render/mustache.h"
#include "render/program.h"

namespace tidings::render {

class Renderer {
 public:
  Renderer(std::string& out, std::span<const JsonValue> contexts, const RenderOptions& options);

  Status run(const Program& program);

 private:
  // The blocks one parent tag passes on: the segments [begin, end) of its program.
  struct Arguments {
    const Program& program;
    uint32_t begin, end;
    const Arguments* outer;
  };
  struct Override {
    const Arguments* from = nullptr;
    uint32_t block = 0;
  };
  class IndentGuard;

  // All answer false once error_ is set.
  bool runRange(const Program& program, uint32_t at, uint32_t end);
  bool step(const Program& program, uint32_t at);
  bool runVariable(const Program& program, const Segment& s);
  bool runSection(const Program& program, const Segment& s, uint32_t at);
  bool runItem(JsonValue item, const Program& program, uint32_t at, uint32_t end);
  bool runPartial(const Program& program, const Segment& s, uint32_t at);
  bool runBlock(const Program& program, const Segment& s, uint32_t at);

  const Template* findPartial(const Program& program, const Segment& s, bool& ok);
  Override findOverride(std::string_view name) const;
  JsonValue lookup(const Path& path) const;

  void appendLines(std::string_view text, bool startsLine);
  void indentLine(bool startsLine);
  bool indented() const { return indent_.size() > indentBegin_; }
  bool failTooLong(const Program& program, Position at);
  bool fail(const Program& program, Position at, std::string_view what);

  static constexpr size_t kMaxContexts = 256;
  static constexpr int kMaxRanges = 512;

  std::string& out_;
  const RenderOptions& options_;
  const size_t start_;  // where our part of out_ begins
  std::array<JsonValue, kMaxContexts> stack_;
  size_t depth_ = 0;
  const Arguments* arguments_ = nullptr;
  std::string indent_;       // what standalone tags around us ask for, one after the other
  size_t indentBegin_ = 0;   // a tag in the middle of a line starts anew here
  bool indentNext_ = false;  // what comes next begins a line although its template doesn't say so
  int partials_ = 0;
  int ranges_ = 0;
  size_t steps_ = 0;
  std::optional<Error> error_;
};

}  // namespace tidings::render
