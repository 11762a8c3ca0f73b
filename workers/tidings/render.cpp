#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "commands.h"
#include "json/document.h"
#include "notification/notification.h"
#include "render/catalog.h"
#include "render/partial_set.h"

namespace tidings::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

Result<std::string> readAll(const Environment& env, const std::string& file) {
  std::ostringstream text;
  if (file == "-") {
    text << env.console.in.rdbuf();
    return std::move(text).str();
  }
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file)) return Error{ErrorKind::invalid, file + ": can't be read"};
  text << in.rdbuf();
  return std::move(text).str();
}

Error notJson(const std::string& file, const std::string& text) {
  std::string why = "found nesting deeper than " + std::to_string(notification::maxDepth) +
                    " levels, expected at most that";
  try {
    const json parsed = json::parse(text);
  } catch (const json::exception& error) {
    why = error.what();
  }
  return {ErrorKind::invalid, file + ": " + why};
}

Result<JsonDocument> readData(const Environment& env, const std::string& file) {
  if (file.empty()) return JsonDocument();
  auto text = readAll(env, file);
  if (!text.ok()) return text.error();
  auto parsed = JsonDocument::parse(*text, notification::maxDepth);
  if (!parsed) return notJson(file, *text);
  return *std::move(parsed);
}

ExitCode renderFile(const Environment& env, const RenderOptions& options, JsonValue data) {
  auto text = readAll(env, options.file);
  if (!text.ok()) return refuse(env, text.error());
  auto compiled = render::compile(*text, options.file);
  if (!compiled.ok()) return refuse(env, compiled.error());
  std::optional<render::PartialSet> partials;
  render::RenderOptions how;
  if (!options.partials.empty()) {
    auto loaded = render::PartialSet::load(options.partials);
    if (!loaded.ok()) return refuse(env, loaded.error());
    partials.emplace(std::move(*loaded));
    how.partials = &partials->in(options.locale);
  }
  const auto rendered = render::render(*compiled, data, how);
  if (!rendered.ok()) return fail(env, rendered.error());
  if (env.console.json) {
    env.console.out << json{{"text", *rendered}}.dump() << '\n';
  } else {
    env.console.out << *rendered;
  }
  return ExitCode::ok;
}

struct SetPlace {
  fs::path templates;
  std::string set;
  std::string defaultLocale = "en";
};

// A directory given as such needs no configuration.
Result<SetPlace> findSet(const Environment& env, const std::string& set) {
  if (fs::is_directory(set)) {
    const fs::path full = fs::weakly_canonical(fs::absolute(set));
    return SetPlace{full.parent_path(), full.filename().string()};
  }
  auto config = loadConfig(env);
  if (!config.ok()) {
    return Error{ErrorKind::invalid, set +
                                         ": no such directory, and no set of that name can be "
                                         "looked up: " +
                                         config.error().message};
  }
  return SetPlace{config->templatesDir, set, config->defaultLocale};
}

bool knowsChannel(std::string_view channel) {
  for (const auto& part : render::kParts) {
    if (part.channel == channel) return true;
  }
  return false;
}

void printParts(const Console& console, const render::Parts& parts, const std::string& channel) {
  json all = json::object();
  for (const auto& part : render::kParts) {
    if (part.channel != channel) continue;
    const std::string& text = parts.*part.field;
    all[std::string(part.file)] = text;
    if (console.json) continue;
    console.out << console.coloured(Colour::bold, "--- " + std::string(part.file)) << '\n' << text;
    if (!text.ends_with('\n')) console.out << '\n';
  }
  if (console.json) console.out << all.dump() << '\n';
}

ExitCode renderSet(const Environment& env, const RenderOptions& options, JsonValue data) {
  if (!knowsChannel(options.channel)) {
    return refuse(env, {ErrorKind::invalid, "--channel: found \"" + options.channel +
                                                "\", expected push, sms or email"});
  }
  const auto place = findSet(env, options.set);
  if (!place.ok()) return refuse(env, place.error());
  const auto catalog = render::Catalog::load(place->templates, place->defaultLocale);
  if (!catalog.ok()) return refuse(env, catalog.error());
  if (!catalog->has(place->set, options.channel)) {
    return refuse(env, {ErrorKind::invalid, "the template set " + place->set + " in " +
                                                place->templates.string() + " has nothing for " +
                                                options.channel});
  }
  // As the worker does: what is in the message's data hides what is around it.
  const std::array contexts{data, data.find("data")};
  const auto parts = catalog->render(place->set, options.channel, options.locale, contexts);
  if (!parts.ok()) return fail(env, parts.error());
  printParts(env.console, *parts, options.channel);
  return ExitCode::ok;
}

}  // namespace

ExitCode render(const Environment& env, const RenderOptions& options) {
  if (options.file == "-" && options.data == "-") {
    return refuse(env, {ErrorKind::invalid, "--file and --data can't both be standard input"});
  }
  const auto data = readData(env, options.data);
  if (!data.ok()) return refuse(env, data.error());
  return options.file.empty() ? renderSet(env, options, data->root())
                              : renderFile(env, options, data->root());
}

}  // namespace tidings::cli
