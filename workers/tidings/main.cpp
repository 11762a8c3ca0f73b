// tidings: the operators' and admins' command line.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "arguments.h"
#include "base/memory_secrets.h"

namespace {

bool isTerminal(int fd) { return isatty(fd) != 0; }

// https://no-color.org
bool coloursWanted() {
  const char* no = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no == nullptr || *no == '\0') && (term == nullptr || std::string_view(term) != "dumb");
}

int run(const std::vector<std::string>& arguments) {
  using namespace tidings;
  cli::Console console{std::cout, std::cerr, std::cin};
  console.outTerminal = isTerminal(STDOUT_FILENO) && coloursWanted();
  console.errTerminal = isTerminal(STDERR_FILENO) && coloursWanted();
  console.inTerminal = isTerminal(STDIN_FILENO);
  const SystemClock clock;
  const config::EnvLookup variables = config::processEnvironment;
  const cli::Parsed parsed = cli::parseArguments(arguments, console, variables, clock.wall());
  if (parsed.finished) return static_cast<int>(*parsed.finished);
  console.json = parsed.json;
  const cli::Environment env{console, clock, variables, parsed.configFile};
  const cli::ExitCode code = parsed.command(env);
  std::cout.flush();
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  tidings::keepSecretsInMemory();
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& bug) {
    std::cerr << "internal error: " << bug.what() << '\n';
    return static_cast<int>(tidings::cli::ExitCode::failed);
  }
}
