#include "environment.h"

namespace tidings::cli {

ExitCode refuse(const Environment& env, const Error& error) {
  env.console.error(error.message);
  return ExitCode::usage;
}

ExitCode fail(const Environment& env, const Error& error) {
  env.console.error(error.message);
  return exitCodeOf(error.kind);
}

Result<config::Config> loadConfig(const Environment& env) {
  return config::load(env.configFile, env.variables);
}

}  // namespace tidings::cli
