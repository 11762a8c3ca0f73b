// The command line: from arguments to a command with its options. Hides CLI11.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "environment.h"

namespace tidings::cli {

struct Parsed {
  // Set: nothing is left to do (help, version: 0; a usage error: 2); the text was printed.
  std::optional<ExitCode> finished;
  std::string configFile;
  bool json = false;
  std::function<ExitCode(const Environment&)> command;
};

// `now` is what "2h" in --since counts from.
Parsed parseArguments(const std::vector<std::string>& arguments, const Console& console,
                      const config::EnvLookup& variables, WallTime now);

}  // namespace tidings::cli
