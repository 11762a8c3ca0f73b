// The partials of a directory, per locale. Loaded once and immutable: rendering looks names up in
// it and can't reach a file.
//
// DIR/name.mustache is partial "name", DIR/mail/name.mustache is "mail/name", DIR/ko/name.mustache
// stands in for "name" in Korean (directories named like a language, "ko" or "ko-KR", are locales).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "render/localized.h"
#include "render/template_files.h"

namespace tidings::render {

class PartialSet {
 public:
  // Takes every *.mustache of a directory and ignores other files. Error{invalid} lists all that is
  // wrong with them.
  static Result<PartialSet> load(const std::filesystem::path& directory);

  // As load, for a directory that is only partials: unknown files, and partials naming ones that
  // don't exist, are errors too. A missing directory is an empty set.
  static Result<PartialSet> loadChecked(const std::filesystem::path& directory);

  // Valid as long as this set.
  const Partials& in(std::string_view locale) const { return table(locale); }

  // Adds a problem for each partial the template names that doesn't exist.
  void check(const Template& source, std::string_view locale, Problems& problems) const;

 private:
  struct Table : Partials {
    std::map<std::string, Template, std::less<>> byName;
    const Template* find(std::string_view name) const override;
  };
  using Tables = std::map<std::string, std::shared_ptr<Table>>;  // by locale, the default first

  const Table& table(std::string_view locale) const;
  class Reader;
  static PartialSet of(Tables tables);

  Localized<std::shared_ptr<const Table>> byLocale_;
};

}  // namespace tidings::render
