#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "config/interpolate.h"
#include "config/readers.h"
#include "config/units.h"

namespace tidings::config {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr size_t maxFileBytes = 1024 * 1024;

// A worker that is told to stop must be able to hear the answer to what it has already sent.
void checkShutdown(Section& root, const Config& config) {
  for (const auto& [name, provider] : config.providers) {
    if (provider.timeout <= config.shutdownTimeout) continue;
    root.refuse(
        "shutdown_timeout", formatDuration(config.shutdownTimeout),
        "at least the timeout of the provider " + name + ", " + formatDuration(provider.timeout));
  }
}

bool isLocale(std::string_view text) {
  const auto alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= 35 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), alnum);
}

void readRoot(Section& root, Config& config) {
  readServers(root, config);
  readProviders(root, config);
  readTypes(root, config);
  config.actionUrl = readActionUrl(root.section("action_url"));
  config.templatesDir = root.absolute("templates", "templates");
  config.defaultLocale = root.text("default_locale", config.defaultLocale);
  if (!isLocale(config.defaultLocale)) {
    root.refuse("default_locale", root.shown("default_locale"), "a BCP 47 tag such as en");
  }
  config.retention = root.duration("retention", config.retention, days{1}, days{366});
  config.shutdownTimeout =
      root.duration("shutdown_timeout", config.shutdownTimeout, seconds{1}, minutes{10});
  checkShutdown(root, config);
  root.finish();
}

// Looks at the text without building anything.
struct NoHandler : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// 0, 1 or 2 for more. Not YAML::LoadAll(): on a text such as ",v" yaml-cpp 0.7 finds documents for
// ever without getting on.
int countDocuments(const std::string& yaml) {
  std::istringstream text(yaml);
  YAML::Parser parser(text);
  NoHandler nothing;
  int count = 0;
  while (count < 2 && parser.HandleNextDocument(nothing)) ++count;
  return count;
}

Error atFile(const std::string& file, int line, const std::string& what) {
  Problems problems(file);
  problems.add(line, "", what);
  return problems.asError();
}

Result<Config> read(const YAML::Node& document, const std::string& fileName, const EnvLookup& env) {
  std::error_code ignored;
  auto directory = std::filesystem::absolute(fileName, ignored).parent_path();
  Context context{env, std::move(directory), Problems(fileName)};
  Section root(context, document, "", 1);
  Config config;
  readRoot(root, config);
  if (!context.problems.empty()) return context.problems.asError();
  return config;
}

}  // namespace

bool checkName(Section& section, const std::string& name) {
  const bool good =
      !name.empty() && name.size() <= 64 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
  if (!good) {
    section.complain(section.line(""), "",
                     "found this name, expected 1 to 64 of the characters a-z, 0-9, _ and -");
  }
  return good;
}

void checkHttpUrl(Section& section, std::string_view key, const std::string& url,
                  bool allowPlaintext) {
  const auto parsed = parseUrl(url);
  const bool https = parsed && parsed->scheme == "https";
  const bool http = parsed && parsed->scheme == "http";
  if (!https && !http) {
    section.refuse(key, "something else than a web address (not shown)", "https://…");
  } else if (parsed->hasUser) {
    section.refuse(key, "a user name or password in the address (not shown)",
                   "an address without one");
  } else if (http && !allowPlaintext && !isLoopback(parsed->host)) {
    section.refuse(key, "http to a host that is not this machine",
                   "https: everything would cross the network in the clear "
                   "(for a sandbox of your own, allow_plaintext: true)");
  }
}

Result<Config> parse(std::string_view yaml, const std::string& fileName, const EnvLookup& env) {
  if (yaml.size() > maxFileBytes) {
    return atFile(fileName, 0, "found more than 1 MiB, expected a configuration file");
  }
  try {
    const std::string text(yaml);
    const int documents = countDocuments(text);
    const YAML::Node document = documents == 1 ? YAML::Load(text) : YAML::Node();
    if (document.IsNull()) {
      const std::string found = documents > 1 ? "several" : std::to_string(documents);
      return atFile(fileName, 0,
                    "found " + found + " documents, expected one with the settings in it");
    }
    return read(document, fileName, env);
  } catch (const YAML::Exception& e) {
    return atFile(fileName, std::max(e.mark.line + 1, 0), "found invalid YAML: " + e.msg);
  }
}

Result<Config> load(const std::string& path, const EnvLookup& env) {
  auto text = readSmallFile(path, maxFileBytes);
  if (!text) {
    return Error{ErrorKind::invalid, path + ": can't be read: " + text.error().message +
                                         "; name another with --config or TIDINGS_CONFIG"};
  }
  return parse(*text, path, env);
}

}  // namespace tidings::config
