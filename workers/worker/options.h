// The command line of tidings-worker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace tidings::worker {

struct Options {
  std::string configFile;
  std::vector<std::string> types;  // empty: all configured ones
  std::optional<int> prefetch;
  std::string name;  // for logs and the broker's list of connections
};

// An exit code instead, when the command line was answered (--help, --version) or wrong.
struct Parsed {
  std::optional<int> exitCode;
  Options options;
};
Parsed parseOptions(int argc, char** argv);

// Reads the file and lets the command line overrule it. Error{invalid} is for the operator to read.
Result<config::Config> loadConfig(const Options& options);

}  // namespace tidings::worker
