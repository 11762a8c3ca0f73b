// list, show and export: nothing changes.
#include "base/rfc3339.h"
#include "base/utf8.h"
#include "dlq_job.h"
#include "letter_groups.h"
#include "letter_json.h"
#include "notification/json_text.h"
#include "time_arg.h"

namespace tidings::cli {
namespace {

using nlohmann::json;

void printJson(const Console& console, const LetterGroups& groups) {
  json all = json::array();
  for (const LetterGroup& group : groups.sorted()) {
    json one{{"type", group.type},
             {"reason", group.reason},
             {"provider", group.provider},
             {"error", group.error},
             {"count", group.count}};
    if (group.oldest) one["oldest"] = formatRfc3339(*group.oldest);
    if (group.newest) one["newest"] = formatRfc3339(*group.newest);
    all.push_back(std::move(one));
  }
  const json result{{"total", groups.total()}, {"groups", std::move(all)}};
  console.out << dump(result) << '\n';
}

void printTable(const Environment& env, const LetterGroups& groups) {
  const Console& console = env.console;
  if (groups.total() == 0) {
    console.out << "no dead letters\n";
    return;
  }
  const WallTime now = env.clock.wall();
  const auto ageOf = [now](const std::optional<WallTime>& time) {
    return time ? age(*time, now) : std::string("-");
  };
  Table table({"COUNT", "TYPE", "REASON", "PROVIDER", "OLDEST", "NEWEST", "ERROR"});
  for (const LetterGroup& group : groups.sorted()) {
    table.add({std::to_string(group.count), group.type, console.text(group.reason, 64),
               console.text(group.provider.empty() ? "-" : group.provider, 64), ageOf(group.oldest),
               ageOf(group.newest), console.text(group.error)});
  }
  table.print(console);
  console.out << groups.total() << " dead letters\n";
}

// Control characters would steer the terminal, line ends are wanted.
std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    out += cleanText(line, line.size() * 3);
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

void printLetter(const Console& console, const FoundLetter& found) {
  const LetterInfo& info = found.info;
  console.out << console.coloured(Colour::bold, info.type + " " + console.text(info.id)) << "  "
              << console.coloured(Colour::red, console.text(info.reason)) << '\n';
  const auto line = [&console](const std::string& name, const std::string& value) {
    if (!value.empty()) console.out << "  " << name << ": " << console.text(value) << '\n';
  };
  line("error", info.error);
  line("channel", info.channel);
  line("provider", info.provider);
  line("dead since", info.deadAt ? formatRfc3339(*info.deadAt) : "");
  for (const auto& target : found.letter.headers.owed) {
    line("owed", target.channel + " " + target.address);
  }
  if (info.lostBytes) line("body cut, true size", std::to_string(*info.lostBytes));
  console.out << console.coloured(Colour::dim, "  headers") << '\n';
  const json headers = toJson(found.letter.properties.headers);
  for (const auto& [key, value] : headers.items()) {
    line(console.text(key, 128), value.is_string() ? value.get<std::string>() : dump(value));
  }
  console.out << console.coloured(Colour::dim, "  body") << '\n';
  const auto body = notification::parseJson(found.letter.body);  // see toShow()
  console.out << printable(body.ok() ? dump(*body, 2) : found.letter.body) << '\n';
}

}  // namespace

ExitCode listLetters(const Environment& env, const LetterFilter& filter) {
  auto job = DlqJob::make(env, filter);
  if (!job.ok()) return refuse(env, job.error());
  LetterGroups groups;
  const Status looked =
      (*job)->session.loop().run((*job)->lookAtAll([&groups](const FoundLetter& found) {
        groups.add(found.info);
        return true;
      }));
  if (!looked.ok()) return fail(env, looked.error());
  if (env.console.json) {
    printJson(env.console, groups);
  } else {
    printTable(env, groups);
  }
  return ExitCode::ok;
}

ExitCode showLetters(const Environment& env, const LetterFilter& filter) {
  auto job = DlqJob::make(env, filter);
  if (!job.ok()) return refuse(env, job.error());
  const Console& console = env.console;
  uint64_t shown = 0;
  const auto show = [&console, &shown](const FoundLetter& found) {
    ++shown;
    if (console.json) {
      console.out << dump(toShow(found.info, found.letter)) << '\n';
    } else {
      printLetter(console, found);
    }
    return true;
  };
  const Status looked = (*job)->session.loop().run((*job)->printAll(show));
  if (!looked.ok()) return fail(env, looked.error());
  if (shown > 0) return ExitCode::ok;
  console.error("no such dead letter");
  return ExitCode::failed;
}

ExitCode exportLetters(const Environment& env, const LetterFilter& filter) {
  auto job = DlqJob::make(env, filter);
  if (!job.ok()) return refuse(env, job.error());
  const Console& console = env.console;
  uint64_t written = 0;
  const auto write = [&console, &written](const FoundLetter& found) {
    ++written;
    console.out << dump(toExport(found.info.type, found.letter)) << '\n';
    return true;
  };
  const Status looked = (*job)->session.loop().run((*job)->printAll(write));
  if (!looked.ok()) return fail(env, looked.error());
  console.note("exported " + std::to_string(written) + " dead letters; they stay in their queues");
  return ExitCode::ok;
}

}  // namespace tidings::cli
