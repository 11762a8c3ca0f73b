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
  if (counts.impossible > 0) {
    console.out << ", " << counts.impossible << " without their whole body: they stay";
  }
  if (interrupted) console.out << "; interrupted, run it again for the rest";
  console.out << '\n';
}

ExitCode dryRun(const Environment& env, DlqJob& job) {
  LetterGroups groups;
  const Status looked = job.session.loop().run(job.lookAtAll([&groups](const FoundLetter& found) {
    groups.add(found.info);
    return true;
  }));
  if (!looked.ok()) return fail(env, looked.error());
  if (env.console.json) {
    env.console.out << json{{"wouldReplay", groups.total()}}.dump() << '\n';
    return ExitCode::ok;
  }
  for (const LetterGroup& group : groups.sorted()) {
    env.console.out << group.count << " of " << group.type << " (" << env.console.text(group.reason)
                    << ") " << env.console.text(group.error) << '\n';
  }
  env.console.out << "would replay " << groups.total() << " dead letters\n";
  return ExitCode::ok;
}

}  // namespace

ExitCode replayLetters(const Environment& env, const ReplayOptions& options) {
  auto made = DlqJob::make(env, options.filter);
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
