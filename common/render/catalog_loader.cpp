#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "render/catalog_state.h"

namespace tidings::render {

namespace fs = std::filesystem;

class CatalogLoader {
 public:
  CatalogLoader(const fs::path& directory, std::string_view defaultLocale)
      : directory_(directory), state_(std::make_shared<Catalog::State>()) {
    state_->defaultLocale = defaultLocale;
  }

  Result<Catalog> run() {
    if (!isDirectory(fs::directory_entry(directory_))) {
      return Error{ErrorKind::invalid, directory_.string() + ": found no directory of templates"};
    }
    loadPartials();
    for (const fs::directory_entry& entry : list(directory_, problems_)) {
      const std::string name = entry.path().filename().string();
      if (!isDirectory(entry) || name == kPartialsName) continue;
      loadSet(entry.path(), name);
    }
    if (!problems_.none()) return problems_.error();
    return Catalog(std::move(state_));
  }

 private:
  static constexpr std::string_view kPartialsName = "_partials";
  static constexpr std::string_view kOptionsName = "options.json";

  void loadPartials() {
    Result<PartialSet> partials = PartialSet::loadChecked(directory_ / kPartialsName);
    if (partials) {
      state_->partials = std::move(partials).value();
    } else {
      problems_.add(partials.error().message);
      partialsBroken_ = true;
    }
  }

  void loadSet(const fs::path& path, const std::string& name) {
    if (name.starts_with('_')) {
      return problems_.add(name +
                           ": found an unknown directory, expected _partials or a set's name");
    }
    TemplateSet& set = state_->sets[name];
    for (const fs::directory_entry& entry : list(path, problems_)) {
      const std::string file = entry.path().filename().string();
      if (isDirectory(entry)) {
        loadLocale(entry.path(), file, name, set);
      } else if (file == kOptionsName) {
        loadOptions(entry.path(), name + "/" + file, set);
      } else {
        loadPart(entry.path(), "", name + "/" + file, set);
      }
    }
  }

  void loadLocale(const fs::path& path, const std::string& locale, const std::string& setName,
                  TemplateSet& set) {
    const std::string shown = setName + "/" + locale;
    if (!isLocale(locale)) {
      return problems_.add(shown + ": found a directory, expected a locale such as ko or pt-BR");
    }
    for (const fs::directory_entry& entry : list(path, problems_)) {
      loadPart(entry.path(), locale, shown + "/" + entry.path().filename().string(), set);
    }
  }

  void loadPart(const fs::path& path, const std::string& locale, const std::string& shown,
                TemplateSet& set) {
    const std::string file = path.filename().string();
    for (size_t i = 0; i < kParts.size(); ++i) {
      if (file != std::string(kParts[i].file) + std::string(kSuffix)) continue;
      Result<Template> made = loadTemplate(path, shown);
      if (!made) return problems_.add(made.error().message);
      const Template& part = set.parts[i].add(locale, std::move(made).value());
      if (!partialsBroken_) state_->partials.check(part, locale, problems_);
      return;
    }
    problems_.add(shown + ": found an unknown file, expected a part's" + suggestFile(file, locale));
  }

  static std::string suggestFile(const std::string& file, const std::string& locale) {
    std::vector<std::string> names;
    for (const PartRule& rule : kParts)
      names.push_back(std::string(rule.file) + std::string(kSuffix));
    if (locale.empty()) names.emplace_back(kOptionsName);
    return suggestion(file, std::vector<std::string_view>(names.begin(), names.end()));
  }

  void loadOptions(const fs::path& path, const std::string& shown, TemplateSet& set) {
    Result<std::string> text = readFile(path);
    if (!text) return problems_.add(shown + ": " + text.error().message);
    const auto options = nlohmann::json::parse(*text, nullptr, false);
    if (!options.is_object()) {
      return problems_.add(shown +
                           R"(: found no JSON object, expected one such as {"strict": true})");
    }
    for (const auto& [key, value] : options.items()) {
      if (key != "strict") {
        problems_.add(shown + ": found key '" + cleanText(key, 60) + "', expected 'strict'");
      } else if (!value.is_boolean()) {
        problems_.add(shown + ": strict: found " + value.type_name() + ", expected true or false");
      } else {
        set.strict = value.get<bool>();
      }
    }
  }

  const fs::path directory_;
  std::shared_ptr<Catalog::State> state_;
  Problems problems_;
  bool partialsBroken_ = false;
};

Result<Catalog> Catalog::load(const fs::path& directory, std::string_view defaultLocale) {
  return CatalogLoader(directory, defaultLocale).run();
}

}  // namespace tidings::render
