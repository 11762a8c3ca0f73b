#include <nlohmann/json.hpp>

#include "letter_groups.h"
#include "replay.h"

namespace tidings::cli {
namespace {

using nlohmann::json;

Task<Status> replayAll(DlqJob& job, Replay& replay) {
  Status result = co_await job.publisher.connect();
  for (const std::string& type : job.types) {
    if (!result.ok() || job.session.stop().stop_requested()) break;
    if (leftOf(job.filter, replay.counts().replayed) == 0) break;
    result = co_await replay.run(type);
  }
  co_await job.publisher.close();
  co_return result;
}

void printImpossible(const Console& console, uint64_t count) {
  if (count > 0) console.out << ", " << count << " without their whole body: they stay";
}

void print(const Console& console, const ReplayCounts& counts, bool interrupted) {
  if (console.json) {
    const json result{{"replayed", counts.replayed},
                      {"failed", counts.failed},
                      {"impossible", counts.impossible},
                      {"interrupted", interrupted}};
    console.out << result.dump() << '\n';
    return;
  }
  console.out << "replayed " << counts.replayed << " dead letters";
  if (counts.failed > 0) console.out << ", " << counts.failed << " not confirmed: they stay";
  printImpossible(console, counts.impossible);
  if (interrupted) console.out << "; interrupted, run it again for the rest";
  console.out << '\n';
}

void printDry(const Console& console, const LetterGroups& groups, uint64_t impossible) {
  if (console.json) {
    const json result{{"wouldReplay", groups.total()}, {"impossible", impossible}};
    console.out << result.dump() << '\n';
    return;
  }
  for (const LetterGroup& group : groups.sorted()) {
    console.out << group.count << " of " << group.type << " (" << console.text(group.reason) << ") "
                << console.text(group.error) << '\n';
  }
  console.out << "would replay " << groups.total() << " dead letters";
  printImpossible(console, impossible);
  console.out << '\n';
}

ExitCode dryRun(const Environment& env, DlqJob& job) {
  LetterGroups groups;
  uint64_t impossible = 0;
  const auto look = [&groups, &impossible](const FoundLetter& found) {
    if (found.info.lostBytes) {
      ++impossible;
      return false;
    }
    groups.add(found.info);
    return true;
  };
  const Status looked = job.session.loop().run(job.lookAtAll(look));
  if (!looked.ok()) return fail(env, looked.error());
  printDry(env.console, groups, impossible);
  return ExitCode::ok;
}

}  // namespace

ExitCode replayLetters(const Environment& env, const ReplayOptions& options) {
  auto made = DlqJob::make(env, options.filter, DlqJob::Types::configured);
  if (!made.ok()) return refuse(env, made.error());
  DlqJob& job = **made;
  if (options.dryRun) return dryRun(env, job);
  Replay replay(job, options.rate);
  const Status result = job.session.loop().run(replayAll(job, replay));
  const bool interrupted = job.session.stop().stop_requested();
  print(env.console, replay.counts(), interrupted);
  if (!result.ok()) return fail(env, result.error());
  const ReplayCounts& counts = replay.counts();
  return counts.failed + counts.impossible > 0 || interrupted ? ExitCode::failed : ExitCode::ok;
}

}  // namespace tidings::cli
