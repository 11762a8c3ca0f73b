#include "render/partial_set.h"

namespace tidings::render {

namespace fs = std::filesystem;

const Template* PartialSet::Table::find(std::string_view name) const {
  const auto found = byName.find(name);
  return found == byName.end() ? nullptr : &found->second;
}

class PartialSet::Reader {
 public:
  Reader(Tables& tables, Problems& problems, bool partialsOnly)
      : tables_(tables), problems_(problems), partialsOnly_(partialsOnly) {}

  void read(const fs::path& root) {
    readDirectory(root, "", root.filename().string() + "/", *tables_[""], true);
  }

 private:
  // `mayBeLocale`: not below a locale's own directory.
  void readDirectory(const fs::path& directory, const std::string& prefix, const std::string& shown,
                     Table& into, bool mayBeLocale) {
    constexpr size_t kLongest = 200;  // links that go round in circles end here
    if (prefix.size() > kLongest) return problems_.add(shown + ": directories nest too deep");
    for (const fs::directory_entry& entry : list(directory, problems_)) {
      const std::string file = entry.path().filename().string();
      if (!isDirectory(entry)) {
        readPartial(entry.path(), prefix, shown + file, into);
      } else if (mayBeLocale && prefix.empty() && isLocale(file)) {
        const auto& locale = tables_[file] = std::make_shared<Table>();
        readDirectory(entry.path(), "", shown + file + "/", *locale, false);
      } else {
        readDirectory(entry.path(), prefix + file + "/", shown + file + "/", into, mayBeLocale);
      }
    }
  }

  void readPartial(const fs::path& path, const std::string& prefix, const std::string& shown,
                   Table& into) {
    const std::string file = path.filename().string();
    if (!file.ends_with(kSuffix) || file.size() == kSuffix.size()) {
      if (partialsOnly_) problems_.add(shown + ": found an unknown file, expected NAME.mustache");
      return;
    }
    Result<Template> made = loadTemplate(path, shown);
    if (!made) return problems_.add(made.error().message);
    into.byName.emplace(prefix + file.substr(0, file.size() - kSuffix.size()),
                        std::move(made).value());
  }

  Tables& tables_;
  Problems& problems_;
  const bool partialsOnly_;
};

Result<PartialSet> PartialSet::load(const fs::path& directory) {
  Problems problems;
  Tables tables{{"", std::make_shared<Table>()}};
  Reader(tables, problems, false).read(directory);
  if (!problems.none()) return problems.error();
  return of(std::move(tables));
}

Result<PartialSet> PartialSet::loadChecked(const fs::path& directory) {
  Problems problems;
  Tables tables{{"", std::make_shared<Table>()}};
  std::error_code ignored;
  if (fs::exists(directory, ignored)) Reader(tables, problems, true).read(directory);
  PartialSet set = of(tables);
  for (const auto& [locale, table] : tables) {
    for (const auto& [name, partial] : table->byName) set.check(partial, locale, problems);
  }
  if (!problems.none()) return problems.error();
  return set;
}

// Each locale's table takes what it lacks from the more general ones, the nearest first.
PartialSet PartialSet::of(Tables tables) {
  for (auto& [locale, table] : tables) {
    for (auto it = tables.rbegin(); it != tables.rend(); ++it) {
      if (it->first != locale && covers(it->first, locale)) {
        table->byName.insert(it->second->byName.begin(), it->second->byName.end());
      }
    }
  }
  PartialSet set;
  for (auto& [locale, table] : tables) set.byLocale_.add(locale, table);
  return set;
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
