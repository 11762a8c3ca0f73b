#include <nlohmann/json.hpp>

#include "commands.h"
#include "config/exposure.h"
#include "render/catalog.h"

namespace tidings::cli {
namespace {

using nlohmann::json;

// Channels of types whose template set has nothing for them: allowed, the message's own title and
// text are sent then, but worth knowing.
std::vector<std::string> missingTemplates(const config::Config& config,
                                          const render::Catalog& catalog) {
  std::vector<std::string> notes;
  for (const auto& [name, type] : config.types) {
    for (const std::string& channel : type.channels) {
      if (catalog.has(type.templateName, channel)) continue;
      notes.push_back("type " + name + ": templates/" + type.templateName + " has nothing for " +
                      channel + "; the message's own title and text are sent");
    }
  }
  return notes;
}

void printJson(const Console& console, const std::string& error,
               const std::vector<std::string>& notes) {
  json result{{"ok", error.empty()}, {"notes", notes}};
  if (!error.empty()) result["error"] = error;
  console.out << result.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

ExitCode report(const Environment& env, const Error& error, const std::vector<std::string>& notes) {
  if (env.console.json) printJson(env.console, error.message, notes);
  return refuse(env, error);
}

}  // namespace

ExitCode check(const Environment& env) {
  auto config = loadConfig(env);
  if (!config.ok()) return report(env, config.error(), {});
  std::vector<std::string> notes = config->notes;
  const std::vector<std::string> warnings = config::exposures(*config);
  const auto catalog = render::Catalog::load(config->templatesDir, config->defaultLocale);
  if (!catalog.ok()) return report(env, catalog.error(), notes);
  for (std::string& note : missingTemplates(*config, *catalog)) notes.push_back(std::move(note));
  if (env.console.json) {
    notes.insert(notes.end(), warnings.begin(), warnings.end());
    printJson(env.console, "", notes);
    return ExitCode::ok;
  }
  for (const std::string& note : notes) env.console.note("note: " + note);
  for (const std::string& warning : warnings) env.console.note("warning: " + warning);
  env.console.out << env.configFile << ": " << env.console.coloured(Colour::green, "ok") << ", "
                  << config->types.size() << " types, " << config->channels.size() << " channels, "
                  << config->providers.size() << " providers, " << catalog->sets().size()
                  << " template sets\n";
  return ExitCode::ok;
}

}  // namespace tidings::cli
