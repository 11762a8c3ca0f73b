#include "dlq_arguments.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "time_arg.h"

namespace tidings::cli {
namespace {

using Filter = std::shared_ptr<LetterFilter>;

void addNames(CLI::App& sub, const char* flag, LetterFilter::Names& names, const char* help) {
  sub.add_option_function<std::vector<std::string>>(
         flag,
         [&names](const std::vector<std::string>& values) {
           names.insert(values.begin(), values.end());
         },
         help)
      ->delimiter(',')
      ->type_name("NAME,...")
      ->trigger_on_parse(false);
}

void addTime(CLI::App& sub, const char* flag, std::optional<WallTime>& time, WallTime now,
             const char* help) {
  sub.add_option_function<std::string>(
         flag,
         [&time, now, flag](const std::string& text) {
           time = parseTime(text, now);
           if (time) return;
           throw CLI::ValidationError(flag, "found \"" + text +
                                                "\", expected a time such as 2026-01-31T09:30:00Z, "
                                                "2026-01-31 or 90s, 15m, 2h, 7d ago");
         },
         help)
      ->type_name("TIME");
}

Filter addFilters(CLI::App& sub, WallTime now) {
  auto filter = std::make_shared<LetterFilter>();
  addNames(sub, "--type,-t", filter->types, "Only of these types");
  addNames(sub, "--reason", filter->reasons, "Only dead for these reasons");
  addNames(sub, "--channel", filter->channels, "Only on these channels");
  addNames(sub, "--provider", filter->providers, "Only by these providers");
  addNames(sub, "--id", filter->ids, "Only these notifications");
  addNames(sub, "--recipient", filter->recipients, "Only to these recipients");
  addTime(sub, "--since", filter->since, now, "Dead at or after this time");
  addTime(sub, "--until", filter->until, now, "Dead before this time");
  sub.add_option("--limit", filter->limit,
                 "At most so many letters in all; type by type, the oldest first")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  return filter;
}

void addReplay(CLI::App& dlq, Parsed& parsed, WallTime now) {
  auto* sub = dlq.add_subcommand("replay", "Put dead letters back to work");
  auto options = std::make_shared<ReplayOptions>();
  const Filter filter = addFilters(*sub, now);
  sub->add_option("--rate", options->rate, "At most N letters a second")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  sub->add_flag("--dry-run", options->dryRun, "Only say what would be replayed");
  sub->footer(
      R"(Each letter is put into its type's queue, confirmed there, and only then leaves the dead letters:
interrupted or killed, nothing is lost; run it again for the rest. Attempts start from zero, and
only the delivery that was given up is tried again. Letters that die while it runs are left alone.
A replay is a decision to send: what may have been sent already (poison, or retries exhausted
without an answer) is sent again, also of a type with on_uncertain: skip.
Examples:
  tidings dlq replay --type comment --dry-run
  tidings dlq replay --provider fcm --since 2h --rate 100)");
  sub->callback([&parsed, options, filter] {
    options->filter = *filter;
    parsed.command = [options](const Environment& env) { return replayLetters(env, *options); };
  });
}

void addDrop(CLI::App& dlq, Parsed& parsed, WallTime now) {
  auto* sub = dlq.add_subcommand("drop", "Throw dead letters away");
  const Filter filter = addFilters(*sub, now);
  auto yes = std::make_shared<bool>(false);
  sub->add_flag("--yes,-y", *yes, "Don't ask");
  sub->callback([&parsed, filter, yes] {
    parsed.command = [filter, yes](const Environment& env) {
      return dropLetters(env, *filter, *yes);
    };
  });
}

void addLooking(CLI::App& dlq, Parsed& parsed, WallTime now, const char* name, const char* help,
                ExitCode (*run)(const Environment&, const LetterFilter&)) {
  auto* sub = dlq.add_subcommand(name, help);
  const Filter filter = addFilters(*sub, now);
  sub->callback([&parsed, filter, run] {
    parsed.command = [filter, run](const Environment& env) { return run(env, *filter); };
  });
}

}  // namespace

void addDlq(CLI::App& app, Parsed& parsed, WallTime now) {
  auto* dlq = app.add_subcommand("dlq", "Dead letters: look at them, replay them, drop them");
  dlq->require_subcommand(1);
  addLooking(*dlq, parsed, now, "list", "Count them by type, reason, provider and error",
             &listLetters);
  addLooking(*dlq, parsed, now, "show", "Print them with headers and body", &showLetters);
  addReplay(*dlq, parsed, now);
  addDrop(*dlq, parsed, now);
  addLooking(*dlq, parsed, now, "export", "Write them to standard output as JSON lines; they stay",
             &exportLetters);
  auto* sub = dlq->add_subcommand("import", "Put exported letters into the dead-letter queues");
  auto files = std::make_shared<std::vector<std::string>>();
  sub->add_option("FILE", *files, "What export wrote; standard input if none is named")
      ->type_name("");
  sub->callback([&parsed, files] {
    parsed.command = [files](const Environment& env) { return importLetters(env, *files); };
  });
}

}  // namespace tidings::cli
