// All templates, compiled.
//
//   DIR/<set>/push.title.mustache …   the parts (see kParts), in the default language
//   DIR/<set>/<locale>/…              replaces single parts: ko-KR, then ko, then the default
//   DIR/<set>/options.json            {"strict": true}: a missing variable is an error
//   DIR/_partials/                    shared by all sets, see PartialSet
//
// Immutable and cheap to copy; may be used by any number of threads. To reload, load another one.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "render/parts.h"

namespace tidings::render {

class Catalog {
 public:
  // Blocking: reads everything, now and never again. Error{invalid} lists all that is wrong, one
  // problem a line, each with file, line and column.
  static Result<Catalog> load(const std::filesystem::path& directory,
                              std::string_view defaultLocale = "en");

  std::vector<std::string> sets() const;
  // True where the set has a template for at least one part of the channel, in any language.
  bool has(std::string_view set, std::string_view channel) const;

  // Contexts: outermost first, later ones hide earlier ones. An empty locale means the default
  // locale. What has no template is left empty: the caller falls back. Error{permanent} names
  // template, line, column and, where one is missing from a strict set, the variable.
  Result<Parts> render(std::string_view set, std::string_view channel, std::string_view locale,
                       std::span<const JsonValue> contexts) const;

 private:
  friend class CatalogLoader;
  struct State;
  explicit Catalog(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace tidings::render
