// `tidings dlq …` on the command line.
#pragma once

#include <CLI/App.hpp>

#include "arguments.h"

namespace tidings::cli {

void addDlq(CLI::App& app, Parsed& parsed, WallTime now);

}  // namespace tidings::cli
