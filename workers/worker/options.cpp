#include "options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "version.h"

namespace tidings::worker {
namespace {

std::string defaultName() {
  char host[256] = "worker";
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + "-" + std::to_string(::getpid());
}

constexpr const char* examples = R"(
Examples:
  tidings-worker --config /etc/tidings/tidings.yaml
  tidings-worker --types comment,like --prefetch 200
  kill -TERM PID   stop taking messages, finish what is in flight, exit 0
  kill -HUP PID    read the configuration and the templates again

Exit codes: 0 drained, 1 failed, 2 usage or configuration, 3 a server could not be reached.)";

}  // namespace

Parsed parseOptions(int argc, char** argv) {
  Parsed parsed{
      .exitCode = {},
      .options = {
          .configFile = "config/tidings.yaml", .types = {}, .prefetch = {}, .name = defaultName()}};
  CLI::App app{"Takes notification jobs from RabbitMQ and sees each one to its end."};
  app.set_version_flag("--version", std::string(version));
  app.footer(examples);
  app.add_option("--config", parsed.options.configFile, "configuration file")
      ->envname("TIDINGS_CONFIG")
      ->capture_default_str();
  app.add_option("--types", parsed.options.types,
                 "only these types, comma-separated (default: all)")
      ->delimiter(',');
  app.add_option("--prefetch", parsed.options.prefetch,
                 "unacknowledged messages at most (default: amqp.prefetch)")
      ->check(CLI::Range(1, 65'535));
  app.add_option("--name", parsed.options.name, "this worker's name")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    parsed.exitCode = app.exit(stop) == 0 ? 0 : 2;
  }
  return parsed;
}

Result<config::Config> loadConfig(const Options& options) {
  Result<config::Config> loaded = config::load(options.configFile);
  if (!loaded.ok()) return loaded;
  if (options.prefetch) loaded->amqp.prefetch = *options.prefetch;
  for (const std::string& type : options.types) {
    if (config::findType(*loaded, type) == nullptr) {
      return Error{ErrorKind::invalid,
                   "--types: found " + type + ", expected a type of " + options.configFile};
    }
  }
  return loaded;
}

}  // namespace tidings::worker
