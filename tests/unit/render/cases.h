// Tables of templates and what they should become.
#pragma once

#include <string>
#include <vector>

#include "map_partials.h"
#include "unit/json/tree.h"

namespace tidings::render {

struct Case {
  const char* rule;
  std::string source;
  const char* data;  // JSON
  std::string expected;
  std::map<std::string, std::string> partials{};
};

inline std::string renderText(const std::string& source, const std::string& data,
                              const std::map<std::string, std::string>& partials = {},
                              RenderOptions options = {}) {
  const MapPartials known(partials);
  options.partials = &known;
  const Result<Template> made = compile(source, "t");
  if (!made) return "compile error: " + made.error().message;
  const Result<std::string> out = render(*made, documentOf(data).root(), options);
  return out ? *out : "error: " + out.error().message;
}

inline void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.rule) + ": " + c.source);
    EXPECT_EQ(renderText(c.source, c.data, c.partials), c.expected);
  }
}

}  // namespace tidings::render
