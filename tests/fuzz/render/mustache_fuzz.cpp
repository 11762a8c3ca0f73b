// Any template over any data: no crash, no endless work, output within its bound and UTF-8 as its
// inputs are. Input: escape and strict flags, then template, partial "p", partial "q" and JSON,
// each after a zero byte.
#include <cstdlib>
#include <optional>

#include "base/utf8.h"
#include "json/document.h"
#include "render/mustache.h"
#include "render/parts.h"

namespace {

using namespace tidings;
using namespace tidings::render;

std::string_view nextField(std::string_view& input) {
  const size_t end = std::min(input.find('\0'), input.size());
  const std::string_view field = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return field;
}

struct TwoPartials : Partials {
  std::optional<Template> p, q;
  const Template* find(std::string_view name) const override {
    const std::optional<Template>& found = name == "p" ? p : q;
    return (name == "p" || name == "q") && found ? &*found : nullptr;
  }
};

std::optional<Template> tryCompile(std::string_view text, std::string_view name) {
  Result<Template> made = compile(text, name);
  if (!made) return std::nullopt;
  return std::move(made).value();
}

void check(const Template& source, JsonValue data, const RenderOptions& options) {
  Result<std::string> out = render::render(source, data, options);
  if (!out) return;
  if (out->size() > options.maxOutput || findInvalidUtf8(*out)) std::abort();
  finish(*out, Finish::line);
  if (out->find_first_of("\r\n") != std::string::npos || findInvalidUtf8(*out)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (input.size() < 2) return 0;
  TwoPartials partials;
  const RenderOptions options{.escape = (input[0] & 1) != 0 ? Escape::html : Escape::none,
                              .strict = (input[0] & 2) != 0,
                              .partials = &partials,
                              .maxOutput = 1 << 14,
                              .maxSteps = 10'000};
  input.remove_prefix(1);
  const std::optional<Template> source = tryCompile(nextField(input), "t");
  partials.p = tryCompile(nextField(input), "p");
  partials.q = tryCompile(nextField(input), "q");
  const std::string_view text = nextField(input);
  const auto data = JsonDocument::parse(text, 32);
  if (source && data && !findInvalidUtf8(text)) check(*source, data->root(), options);
  return 0;
}
