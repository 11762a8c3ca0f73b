#include <nlohmann/json.hpp>

#include "dlq_job.h"
#include "progress.h"

namespace tidings::cli {
namespace {

Task<Status> dropOf(DlqJob& job, std::string type, uint64_t& dropped) {
  LetterWalk walk(job.session, job.settings, job.publisher, type, job.filter);
  const auto opened = co_await walk.open();
  Status result = done;
  if (!opened.ok()) result = opened.error();
  Progress progress(job.env.console, job.env.clock, type, walk.total());
  while (result.ok()) {
    const uint64_t most = leftOf(job.filter, dropped);
    if (most == 0) break;
    auto found = co_await walk.next(most);
    if (!found.ok()) result = found.error();
    if (!found.ok() || !*found) break;
    if (walk.ack((*found)->letter)) ++dropped;
    progress.show(walk.seen(), "dropped " + std::to_string(dropped));
  }
  progress.finish();
  const Status closed = co_await walk.close();
  co_return result.ok() ? closed : result;
}

Task<Status> dropAll(DlqJob& job, uint64_t& dropped) {
  Status result = done;
  for (const std::string& type : job.types) {
    if (!result.ok() || job.session.stop().stop_requested()) break;
    result = co_await dropOf(job, type, dropped);
  }
  co_await job.publisher.close();
  co_return result;
}

// Counts first, so that the question says what is at stake.
Result<uint64_t> count(const Environment& env, const LetterFilter& filter) {
  auto job = DlqJob::make(env, filter);
  if (!job.ok()) return job.error();
  uint64_t meant = 0;
  const Status looked =
      (*job)->session.loop().run((*job)->lookAtAll([&meant](const FoundLetter&) { ++meant; }));
  if (!looked.ok()) return looked.error();
  return meant;
}

}  // namespace

ExitCode dropLetters(const Environment& env, const LetterFilter& filter, bool yes) {
  if (!yes && !env.console.inTerminal) {
    return refuse(env, {ErrorKind::invalid, "drop needs --yes where nobody can be asked"});
  }
  auto job = DlqJob::make(env, filter);
  if (!job.ok()) return refuse(env, job.error());
  if (!yes) {
    const auto meant = count(env, filter);
    if (!meant.ok()) return fail(env, meant.error());
    if (*meant == 0) {
      env.console.out << "no dead letters\n";
      return ExitCode::ok;
    }
    if (!env.console.confirm("Drop " + std::to_string(*meant) +
                             " dead letters? They can't be brought back.")) {
      return ExitCode::failed;
    }
  }
  uint64_t dropped = 0;
  const Status result = (*job)->session.loop().run(dropAll(**job, dropped));
  if (env.console.json) {
    env.console.out << nlohmann::json{{"dropped", dropped}}.dump() << '\n';
  } else {
    env.console.out << "dropped " << dropped << " dead letters\n";
  }
  if (!result.ok()) return fail(env, result.error());
  return (*job)->session.stop().stop_requested() ? ExitCode::failed : ExitCode::ok;
}

}  // namespace tidings::cli
