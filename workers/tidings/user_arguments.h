// `tidings user …` on the command line.
#pragma once

#include <CLI/App.hpp>

#include "arguments.h"

namespace tidings::cli {

void addUser(CLI::App& app, Parsed& parsed);

}  // namespace tidings::cli
