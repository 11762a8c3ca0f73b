#include <csignal>
#include <iostream>

#include "base/memory_secrets.h"
#include "worker.h"

namespace {

using namespace tidings;

observe::LogLevel levelOf(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace:
    case config::LogLevel::debug:
      return observe::LogLevel::debug;
    case config::LogLevel::info:
      return observe::LogLevel::info;
    case config::LogLevel::warn:
      return observe::LogLevel::warn;
    case config::LogLevel::error:
      return observe::LogLevel::error;
    case config::LogLevel::off:
      return observe::LogLevel::off;
  }
  return observe::LogLevel::info;
}

observe::Log::Options logOptions(const config::Log& log) {
  observe::Log::Options options;
  options.level = levelOf(log.level);
  options.format =
      log.format == config::LogFormat::json ? observe::LogFormat::json : observe::LogFormat::text;
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  keepSecretsInMemory();
  std::signal(SIGPIPE, SIG_IGN);
  const worker::Parsed parsed = worker::parseOptions(argc, argv);
  if (parsed.exitCode) return *parsed.exitCode;
  Result<config::Config> config = worker::loadConfig(parsed.options);
  if (!config.ok()) {
    std::cerr << "tidings-worker: " << config.error().message << '\n';
    return 2;
  }
  const SystemClock clock;
  observe::Log log(clock, logOptions(config->log));
  Loop loop(clock);
  return loop.run(worker::runWorker(loop, log, parsed.options, std::move(*config)));
}
