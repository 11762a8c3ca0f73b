#include <nlohmann/json.hpp>

#include "dlq_job.h"
#include "progress.h"

namespace tidings::cli {
namespace {

// What dies after the decision was never part of it: neither counted nor dropped.
struct Drop {
  DlqJob& job;
  const WallTime started;
  const uint64_t most;
  uint64_t dropped = 0;
};

Task<Status> dropOf(Drop& drop, std::string type) {
  DlqJob& job = drop.job;
  LetterWalk walk(job.session, job.settings, job.publisher, type, job.filter);
  const auto opened = co_await walk.open();
  Status result = done;
  if (!opened.ok()) result = opened.error();
  Progress progress(job.env.console, job.env.clock, type, walk.total());
  while (result.ok() && drop.dropped < drop.most) {
    auto found = co_await walk.next(drop.most - drop.dropped);
    if (!found.ok()) result = found.error();
    if (!found.ok() || !*found) break;
    if ((*found)->info.diedSince(drop.started)) {
      result = co_await walk.passOver((*found)->letter);
    } else if (walk.ack((*found)->letter)) {
      ++drop.dropped;
    }
    progress.show(walk.seen(), "dropped " + std::to_string(drop.dropped));
  }
  progress.finish();
  const Status closed = co_await walk.close();
  co_return result.ok() ? closed : result;
}

Task<Status> dropAll(Drop& drop) {
  Status result = done;
  for (const std::string& type : drop.job.types) {
    const bool over = drop.dropped == drop.most || drop.job.session.stop().stop_requested();
    if (!result.ok() || over) break;
    result = co_await dropOf(drop, type);
  }
  co_await drop.job.publisher.close();
  co_return result;
}

// The job is gone before anybody is asked: its handlers of signals would keep Ctrl-C from ending
// the program at the prompt.
Result<uint64_t> count(std::unique_ptr<DlqJob> job, WallTime started) {
  uint64_t meant = 0;
  const auto look = [&meant, started](const FoundLetter& found) {
    const bool counts = !found.info.diedSince(started);
    if (counts) ++meant;
    return counts;
  };
  const Status looked = job->session.loop().run(job->lookAtAll(look));
  if (!looked.ok()) return looked.error();
  return meant;
}

ExitCode dropUpTo(const Environment& env, const LetterFilter& filter, WallTime started,
                  uint64_t most) {
  auto job = DlqJob::make(env, filter);
  if (!job.ok()) return refuse(env, job.error());
  Drop drop{**job, started, most};
  const Status result = (*job)->session.loop().run(dropAll(drop));
  if (env.console.json) {
    env.console.out << nlohmann::json{{"dropped", drop.dropped}}.dump() << '\n';
  } else {
    env.console.out << "dropped " << drop.dropped << " dead letters\n";
  }
  if (!result.ok()) return fail(env, result.error());
  return (*job)->session.stop().stop_requested() ? ExitCode::failed : ExitCode::ok;
}

}  // namespace

ExitCode dropLetters(const Environment& env, const LetterFilter& filter, bool yes) {
  const Console& console = env.console;
  const WallTime started = env.clock.wall();
  if (yes) return dropUpTo(env, filter, started, leftOf(filter, 0));
  if (!console.inTerminal) {
    return refuse(env, {ErrorKind::invalid, "drop needs --yes where nobody can be asked"});
  }
  auto job = DlqJob::make(env, filter);
  if (!job.ok()) return refuse(env, job.error());
  const auto meant = count(std::move(*job), started);
  if (!meant.ok()) return fail(env, meant.error());
  if (*meant == 0) {
    console.out << (console.json ? "{\"dropped\":0}\n" : "no dead letters\n");
    return ExitCode::ok;
  }
  const bool confirmed = console.confirm("Drop " + std::to_string(*meant) +
                                         " dead letters? They can't be brought back.");
  return confirmed ? dropUpTo(env, filter, started, *meant) : ExitCode::failed;
}

}  // namespace tidings::cli
