// What every command works with.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "console.h"
#include "exit_code.h"

namespace tidings::cli {

struct Environment {
  const Console& console;
  const Clock& clock;
  config::EnvLookup variables;
  std::string configFile;
};

// Says what is wrong and gives the exit code: 2 for settings, else by the error's kind.
ExitCode refuse(const Environment& env, const Error& error);
ExitCode fail(const Environment& env, const Error& error);

// Error{invalid} as config::load.
Result<config::Config> loadConfig(const Environment& env);

}  // namespace tidings::cli
