#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "input.h"
#include "json_lines.h"
#include "known_names.h"
#include "notification/notification.h"
#include "outgoing.h"
#include "progress.h"
#include "queue/topology.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"
#include "session.h"

namespace tidings::cli {
namespace {

using nlohmann::json;

constexpr size_t publishAtOnce = 500;
constexpr size_t maxErrorsKept = 1000;

struct Fault {
  std::string file;
  size_t line = 0;  // 0: the file as a whole
  std::string error;
};

// One run: what the messages of all files have in common.
struct Run {
  const Environment& env;
  const EnqueueOptions& options;
  const config::Config& config;
  Session& session;
  queue::Publisher& publisher;
  Semaphore window;
  uint64_t published = 0;
  uint64_t failed = 0;
  bool unreachable = false;
  std::vector<Fault> faults = {};
  Scope scope = Scope();

  bool goesOn() const { return !session.stop().stop_requested(); }
  void fault(const std::string& file, size_t line, std::string error) {
    ++failed;
    const Console& console = env.console;
    const std::string where = line > 0 ? file + ":" + std::to_string(line) : file;
    console.error(where + ": " + console.text(error, 2048));
    if (faults.size() < maxErrorsKept) faults.push_back({file, line, std::move(error)});
  }
};

Task<void> publish(Run& run, std::string file, size_t line, queue::Outgoing message,
                   Semaphore::Permit) {
  const Deadline deadline = run.session.within(publishPatience);
  const Status sent = co_await run.publisher.publish(std::move(message), deadline);
  if (sent.ok()) {
    ++run.published;
    co_return;
  }
  if (isWithoutAnswer(sent.error())) {
    run.unreachable = true;
    run.session.giveUp();
  }
  run.fault(file, line, "not published: " + sent.error().message);
}

std::optional<queue::Outgoing> prepare(Run& run, const std::string& file, Piece piece) {
  if (piece.tooLong) {
    run.fault(file, piece.line,
              "found more than " + std::to_string(notification::maxBodyBytes) + " bytes");
    return std::nullopt;
  }
  auto message =
      toOutgoing(std::move(piece.text), run.options.type, run.config, run.env.clock.wall());
  if (message.ok()) return std::move(*message);
  run.fault(file, piece.line, message.error().message);
  return std::nullopt;
}

Task<void> takeAll(Run& run, const std::string& file, std::vector<Piece> pieces) {
  for (Piece& piece : pieces) {
    const size_t line = piece.line;
    std::optional<queue::Outgoing> message = prepare(run, file, std::move(piece));
    if (!message) continue;
    Semaphore::Permit permit = co_await run.window.acquire();
    run.scope.spawn(publish(run, file, line, std::move(*message), std::move(permit)));
  }
}

Task<void> enqueueFile(Run& run, std::string file) {
  const std::string name = Input::nameOf(file);
  auto input = Input::open(file);
  if (!input.ok()) {
    run.fault(name, 0, input.error().message);
    co_return;
  }
  JsonLines lines(notification::maxBodyBytes + 1024);
  for (bool ended = false; !ended && run.goesOn();) {
    const auto bytes = co_await input->read(run.session);
    if (!bytes.ok()) {
      // Whatever is left in `lines` may have been cut off.
      run.fault(name, 0, bytes.error().message);
      co_return;
    }
    ended = bytes->empty();
    if (!run.goesOn()) break;
    std::vector<Piece> pieces = ended ? lines.finish() : lines.feed(*bytes);
    co_await takeAll(run, name, std::move(pieces));
  }
}

Task<Status> enqueueAll(Run& run, ConnectedPublisher& publisher) {
  Status connected = co_await publisher.connect();
  if (connected.ok()) {
    std::vector<std::string> files = run.options.files;
    if (files.empty()) files.push_back("-");
    for (const std::string& file : files) co_await enqueueFile(run, file);
    co_await run.scope.join();
  }
  co_await publisher.close();
  co_return connected;
}

void print(const Run& run) {
  const Console& console = run.env.console;
  if (!console.json) {
    console.out << "published " << run.published << ", failed " << run.failed << '\n';
    return;
  }
  json errors = json::array();
  for (const Fault& fault : run.faults) {
    errors.push_back({{"file", fault.file}, {"line", fault.line}, {"error", fault.error}});
  }
  const json result{
      {"published", run.published}, {"failed", run.failed}, {"errors", std::move(errors)}};
  console.out << result.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace

ExitCode enqueue(const Environment& env, const EnqueueOptions& options) {
  const auto config = loadConfig(env);
  if (!config.ok()) return refuse(env, config.error());
  auto settings = amqpSettings(*config);
  if (!settings.ok()) return refuse(env, settings.error());
  if (!options.type.empty() && config::findType(*config, options.type) == nullptr) {
    return refuse(env, unknownType("--type", options.type, *config));
  }
  Session session(env.clock);
  ConnectedPublisher publisher(session, *config, *settings);
  Run run{env,     options,         *config,
          session, publisher.get(), Semaphore(session.loop(), publishAtOnce)};
  const Status done = session.loop().run(enqueueAll(run, publisher));
  if (!done.ok()) return fail(env, done.error());
  print(run);
  if (run.unreachable) return ExitCode::unreachable;
  return run.failed > 0 || session.stop().stop_requested() ? ExitCode::failed : ExitCode::ok;
}

}  // namespace tidings::cli
