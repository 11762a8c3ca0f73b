// The commands, one file each. Each says what it did on the console and returns the exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "environment.h"
#include "letter_info.h"
#include "store/admin.h"

namespace tidings::cli {

ExitCode check(const Environment& env);
ExitCode setup(const Environment& env);

struct EnqueueOptions {
  std::string type;                // empty: each message's own
  std::vector<std::string> files;  // empty or "-": standard input
};
ExitCode enqueue(const Environment& env, const EnqueueOptions& options);

struct RenderOptions {
  std::string set;  // a directory, or a name within the configured templates
  std::string channel;
  std::string locale;
  std::string data;  // a file, "-" for standard input; empty: {}
  std::string file;  // instead of set: one template, "-" for standard input
  std::string partials;
};
ExitCode render(const Environment& env, const RenderOptions& options);

ExitCode status(const Environment& env, const std::string& id);

ExitCode showUser(const Environment& env, const std::string& id);
ExitCode setUser(const Environment& env, const std::string& id, const store::UserChange& change);
ExitCode forgetUser(const Environment& env, const std::string& id, bool yes);

ExitCode listLetters(const Environment& env, const LetterFilter& filter);
ExitCode showLetters(const Environment& env, const LetterFilter& filter);

struct ReplayOptions {
  LetterFilter filter;
  double rate = 0;  // letters a second; 0: as fast as it goes
  bool dryRun = false;
};
ExitCode replayLetters(const Environment& env, const ReplayOptions& options);
ExitCode dropLetters(const Environment& env, const LetterFilter& filter, bool yes);
// As JSON lines on standard output; the letters stay.
ExitCode exportLetters(const Environment& env, const LetterFilter& filter);
// What exportLetters() wrote, put back into the dead-letter queues; from files or standard input.
ExitCode importLetters(const Environment& env, const std::vector<std::string>& files);

}  // namespace tidings::cli
