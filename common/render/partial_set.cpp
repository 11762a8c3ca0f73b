#include "render/partial_set.h"

namespace tidings::render {

namespace fs = std::filesystem;

const Template* PartialSet::Table::find(std::string_view name) const {
  const auto found = byName.find(name);
  return found == byName.end() ? nullptr : &found->second;
}

Result<PartialSet> PartialSet::load(const fs::path& directory, bool optional) {
  Problems problems;
  Tables tables{{"", std::make_shared<Table>()}};
  std::error_code ignored;
  if (!optional || fs::exists(directory, ignored)) {
    const std::string shown = directory.filename().string() + "/";
    read(directory, "", shown, *tables[""], &tables, problems);
  }
  inherit(tables);
  PartialSet set;
  for (auto& [locale, table] : tables) set.byLocale_.add(locale, table);
  for (auto& [locale, table] : tables) {
    for (const auto& [name, partial] : table->byName) set.check(partial, locale, problems);
  }
  if (!problems.none()) return problems.error();
  return set;
}

// `locales` is null below a locale's own directory.
void PartialSet::read(const fs::path& directory, const std::string& prefix,
                      const std::string& shown, Table& into, Tables* locales, Problems& problems) {
  constexpr size_t kLongest = 200;  // links that go round in circles end here
  if (prefix.size() > kLongest) return problems.add(shown + ": directories nest too deep");
  for (const fs::directory_entry& entry : list(directory, problems)) {
    const std::string file = entry.path().filename().string();
    if (isDirectory(entry)) {
      const bool locale = locales && prefix.empty() && isLocale(file);
      if (locale) (*locales)[file] = std::make_shared<Table>();
      read(entry.path(), locale ? prefix : prefix + file + "/", shown + file + "/",
           locale ? *(*locales)[file] : into, locale ? nullptr : locales, problems);
    } else if (file.ends_with(kSuffix) && file.size() > kSuffix.size()) {
      Result<Template> made = loadTemplate(entry.path(), shown + file);
      if (!made) {
        problems.add(made.error().message);
        continue;
      }
      const std::string name = prefix + file.substr(0, file.size() - kSuffix.size());
      into.byName.emplace(name, std::move(made).value());
    } else {
      problems.add(shown + file + ": found an unknown file, expected NAME.mustache");
    }
  }
}

// Each locale's table takes what it lacks from the more general ones.
void PartialSet::inherit(Tables& tables) {
  for (auto& [locale, table] : tables) {
    for (auto it = tables.rbegin(); it != tables.rend(); ++it) {
      if (it->first != locale && covers(it->first, locale)) {
        table->byName.insert(it->second->byName.begin(), it->second->byName.end());
      }
    }
  }
}

const PartialSet::Table& PartialSet::table(std::string_view locale) const {
  static const Table none;
  const auto* found = byLocale_.find(locale);
  return found ? **found : none;
}

void PartialSet::check(const Template& source, std::string_view locale, Problems& problems) const {
  const Table& here = table(locale);
  std::vector<std::string_view> known;
  for (const auto& [name, partial] : here.byName) known.push_back(name);
  for (const PartialUse& use : source.partialsUsed()) {
    if (here.find(use.name)) continue;
    problems.add(source.name() + ":" + std::to_string(use.line) + ":" + std::to_string(use.column) +
                 ": found partial '" + use.name + "', which doesn't exist" +
                 suggestion(use.name, known));
  }
}

}  // namespace tidings::render
