#include "dlq_job.h"

#include <limits>

#include "known_names.h"
#include "progress.h"

namespace tidings::cli {
namespace {

constexpr size_t longestType = 200;  // of a queue's name, which AMQP 0-9-1 bounds at 255 bytes

// The queues that a filter means, as types.
Result<std::vector<std::string>> typesOf(const LetterFilter& filter, const config::Config& config,
                                         DlqJob::Types which) {
  std::vector<std::string> types(filter.types.begin(), filter.types.end());
  for (const std::string& type : types) {
    const bool may = which == DlqJob::Types::any && type.size() <= longestType;
    if (!may && !config.types.contains(type)) return unknownType("--type", type, config);
  }
  if (types.empty()) {
    for (const auto& [name, settings] : config.types) types.push_back(name);
  }
  return types;
}

}  // namespace

uint64_t leftOf(const LetterFilter& filter, uint64_t taken) {
  if (filter.limit == 0) return std::numeric_limits<uint64_t>::max();
  return filter.limit > taken ? filter.limit - taken : 0;
}

Result<std::unique_ptr<DlqJob>> DlqJob::make(const Environment& env, const LetterFilter& filter,
                                             Types which) {
  auto config = loadConfig(env);
  if (!config.ok()) return config.error();
  auto settings = amqpSettings(*config);
  if (!settings.ok()) return settings.error();
  auto types = typesOf(filter, *config, which);
  if (!types.ok()) return types.error();
  auto job = std::make_unique<DlqJob>(env, std::move(*config), std::move(*settings), filter,
                                      std::move(*types));
  const Status known = job->session.loop().run(job->checkTypes());
  if (!known.ok() && known.error().kind == ErrorKind::invalid) return known.error();
  return job;
}

DlqJob::DlqJob(const Environment& on, config::Config with, amqp::Settings to, LetterFilter meant,
               std::vector<std::string> of)
    : env(on),
      config(std::move(with)),
      settings(std::move(to)),
      filter(std::move(meant)),
      types(std::move(of)),
      session(on.clock),
      publisher(session, config, settings) {}

Task<Status> DlqJob::lookAtAll(Look look, bool prints) {
  Status result = done;
  for (const std::string& type : types) {
    if (leftOf(filter, looked_) == 0 || session.stop().stop_requested()) break;
    result = co_await lookAt(type, look, prints);
    if (!result.ok()) break;
  }
  co_await publisher.close();
  if (prints) env.console.out.flush();
  if (result.ok() && session.stop().stop_requested()) {
    co_return Error{ErrorKind::cancelled, "interrupted"};
  }
  if (result.ok() && prints) co_return written();
  co_return result;
}

// Before a letter of another type is touched.
Task<Status> DlqJob::checkTypes() {
  for (const std::string& type : types) {
    if (config.types.contains(type)) continue;
    LetterWalk walk(session, settings, publisher, type, filter);
    const auto opened = co_await walk.open();
    const Status closed = co_await walk.close();
    if (!opened.ok() && opened.error().kind == ErrorKind::invalid) {
      co_return unknownType("--type", type, config);
    }
    if (!opened.ok()) co_return opened.error();
    if (!closed.ok()) co_return closed;
  }
  co_return done;
}

Task<Status> DlqJob::lookAt(const std::string& type, const Look& look, bool prints) {
  LetterWalk walk(session, settings, publisher, type, filter);
  const auto opened = co_await walk.open();
  Status result = done;
  if (!opened.ok()) result = opened.error();
  Progress progress(env.console, env.clock, type, walk.total());
  const bool amongLetters = prints && env.console.outTerminal;
  while (result.ok()) {
    const uint64_t most = leftOf(filter, looked_);
    if (most == 0) break;
    auto found = co_await walk.next(most);
    if (!found.ok()) result = found.error();
    if (!found.ok() || !*found) break;
    if (look(**found)) ++looked_;
    result = co_await walk.passOver((*found)->letter);
    if (result.ok() && prints) result = written();
    if (!amongLetters) progress.show(walk.seen(), "looked at");
  }
  progress.finish();
  const Status closed = co_await walk.close();
  co_return result.ok() ? closed : result;
}

Status DlqJob::written() const {
  if (env.console.out) return done;
  return Error{ErrorKind::permanent, "the output can't be written whole"};
}

}  // namespace tidings::cli
