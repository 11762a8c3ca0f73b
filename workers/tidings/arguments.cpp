#include "arguments.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "dlq_arguments.h"
#include "user_arguments.h"
#include "version.h"

namespace tidings::cli {
namespace {

constexpr const char* examples = R"(Examples:
  tidings check
  tidings setup
  echo '{"id":"c-1","type":"comment","recipient":"42","data":{"actor":"Ada"}}' | tidings enqueue
  tidings status c-1
  tidings dlq list --since 2h
  tidings dlq replay --type comment --reason retries_exhausted --rate 50
  tidings user show 42
'tidings COMMAND --help' tells more. Exit: 0 ok, 1 the work failed, 2 usage or configuration,
3 a server could not be reached.)";

void addSimple(CLI::App& app, Parsed& parsed) {
  app.add_subcommand("check", "Validate configuration, templates and secrets; touches no server")
      ->callback([&parsed] { parsed.command = &check; });
  app.add_subcommand("setup", "Create or migrate the schema, declare the broker's objects")
      ->footer("Idempotent, and safe beside running workers.")
      ->callback([&parsed] { parsed.command = &setup; });
}

void addEnqueue(CLI::App& app, Parsed& parsed) {
  auto* sub = app.add_subcommand("enqueue", "Validate and publish JSON messages");
  auto options = std::make_shared<EnqueueOptions>();
  sub->add_option("--type,-t", options->type,
                  "The messages' type, where they name none; another is refused");
  sub->add_option("FILE", options->files, "One JSON object, or one a line; - is standard input")
      ->type_name("");
  sub->footer(
      R"(A message that breaks a rule is reported as FILE:LINE and not published; the others are.
Examples:
  tidings enqueue comment.json
  tidings enqueue --type comment --json < comments.jsonl)");
  sub->callback([&parsed, options] {
    parsed.command = [options](const Environment& env) { return enqueue(env, *options); };
  });
}

void addRender(CLI::App& app, Parsed& parsed) {
  auto* sub = app.add_subcommand("render", "Show what a template makes of data");
  auto options = std::make_shared<RenderOptions>();
  auto* set =
      sub->add_option("--template", options->set,
                      "A template set: its directory, or its name in the templates directory");
  auto* channel = sub->add_option("--channel", options->channel, "push, sms or email");
  sub->add_option("--locale", options->locale, "e.g. ko-KR");
  sub->add_option("--data", options->data,
                  "A file with the variables as JSON; - is standard input");
  auto* file = sub->add_option("--file", options->file, "One template; - is standard input");
  auto* partials = sub->add_option("--partials", options->partials, "Directory of its partials");
  set->needs(channel);
  channel->needs(set);
  file->excludes(set);
  partials->needs(file);
  sub->footer(R"(Examples:
  tidings render --template templates/comment --channel email --locale ko --data data.json
  echo 'Hello {{name}}' | tidings render --file - --data data.json)");
  sub->callback([&parsed, options] {
    if (options->set.empty() && options->file.empty()) {
      throw CLI::RequiredError("--template DIR --channel CHANNEL, or --file FILE");
    }
    parsed.command = [options](const Environment& env) { return render(env, *options); };
  });
}

void addStatus(CLI::App& app, Parsed& parsed) {
  auto* sub = app.add_subcommand("status", "A notification's deliveries and their timeline");
  auto id = std::make_shared<std::string>();
  sub->add_option("ID", *id, "The notification's id")->required()->type_name("");
  sub->callback([&parsed, id] {
    parsed.command = [id](const Environment& env) { return status(env, *id); };
  });
}

// CLI11 would read the environment by itself, past `variables`.
std::string defaultConfig(const config::EnvLookup& variables) {
  return variables("TIDINGS_CONFIG").value_or("config/tidings.yaml");
}

}  // namespace

Parsed parseArguments(const std::vector<std::string>& arguments, const Console& console,
                      const config::EnvLookup& variables, WallTime now) {
  Parsed parsed;
  parsed.configFile = defaultConfig(variables);
  CLI::App app("Tidings: notifications from RabbitMQ to people's devices", "tidings");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(examples);
  app.set_version_flag("--version", std::string("tidings ") + version);
  app.add_option("--config,-c", parsed.configFile,
                 "The configuration (default: $TIDINGS_CONFIG, else config/tidings.yaml)");
  app.add_flag("--json", parsed.json, "Results as JSON");
  addSimple(app, parsed);
  addEnqueue(app, parsed);
  addRender(app, parsed);
  addStatus(app, parsed);
  addDlq(app, parsed, now);
  addUser(app, parsed);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, console.out, console.err);
    parsed.finished = code == 0 ? ExitCode::ok : ExitCode::usage;
  }
  return parsed;
}

}  // namespace tidings::cli
