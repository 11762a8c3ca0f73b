#include <limits>
#include <nlohmann/json.hpp>

#include "dlq_job.h"
#include "input.h"
#include "json_lines.h"
#include "letter_json.h"
#include "queue/topology.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"

namespace tidings::cli {
namespace {

constexpr size_t publishAtOnce = 200;
// A letter was held whole by the broker, and by the export.
constexpr size_t anyLength = std::numeric_limits<size_t>::max();

struct Import {
  DlqJob& job;
  Semaphore window;
  uint64_t imported = 0;
  uint64_t failed = 0;
  bool unreachable = false;
  Scope scope = Scope();

  bool goesOn() const { return !job.session.stop().stop_requested(); }
  void fault(const std::string& where, const std::string& error) {
    ++failed;
    job.env.console.error(where + ": " + job.env.console.text(error));
  }
};

Task<void> put(Import& import, std::string where, queue::Outgoing message, Semaphore::Permit) {
  const Status sent = co_await import.job.publisher.publish(std::move(message));
  if (sent.ok()) {
    ++import.imported;
    co_return;
  }
  if (isWithoutAnswer(sent.error())) {
    import.unreachable = true;
    import.job.session.giveUp();
  }
  import.fault(where, sent.error().message);
}

Result<queue::Outgoing> prepare(const config::Config& config, const std::string& line) {
  auto letter = fromExport(line);
  if (!letter.ok()) return letter.error();
  if (config::findType(config, letter->type) == nullptr) {
    return Error{ErrorKind::invalid, "the type " + letter->type + " is not configured"};
  }
  queue::Outgoing message;
  message.routingKey = queue::deadQueue(letter->type);
  message.body = std::move(letter->body);
  message.properties = std::move(letter->properties);
  return message;
}

Task<void> takeAll(Import& import, const std::string& name, std::vector<Piece> lines) {
  for (const Piece& line : lines) {
    if (!import.goesOn()) co_return;
    const std::string where = name + ":" + std::to_string(line.line);
    auto message = prepare(import.job.config, line.text);
    if (!message.ok()) {
      import.fault(where, message.error().message);
      continue;
    }
    Semaphore::Permit permit = co_await import.window.acquire();
    import.scope.spawn(put(import, where, std::move(*message), std::move(permit)));
  }
}

Task<void> importFile(Import& import, std::string file) {
  const std::string name = Input::nameOf(file);
  auto input = Input::open(file);
  if (!input.ok()) {
    import.fault(name, input.error().message);
    co_return;
  }
  JsonLines lines(anyLength, JsonLines::Shape::lines);
  for (bool ended = false; !ended && import.goesOn();) {
    const auto bytes = co_await input->read(import.job.session);
    if (!bytes.ok()) {
      import.fault(name, bytes.error().message);
      co_return;
    }
    ended = bytes->empty();
    std::vector<Piece> pieces = ended ? lines.finish() : lines.feed(*bytes);
    co_await takeAll(import, name, std::move(pieces));
  }
}

Task<Status> importAll(Import& import, std::vector<std::string> files) {
  if (files.empty()) files.emplace_back("-");
  Status connected = co_await import.job.publisher.connect();
  if (connected.ok()) {
    for (const std::string& file : files) co_await importFile(import, file);
    co_await import.scope.join();
  }
  co_await import.job.publisher.close();
  co_return connected;
}

void print(const Console& console, const Import& import) {
  if (console.json) {
    const nlohmann::json counts{{"imported", import.imported}, {"failed", import.failed}};
    console.out << counts.dump() << '\n';
  } else {
    console.out << "imported " << import.imported << ", failed " << import.failed << '\n';
  }
}

}  // namespace

ExitCode importLetters(const Environment& env, const std::vector<std::string>& files) {
  auto job = DlqJob::make(env, {});
  if (!job.ok()) return refuse(env, job.error());
  Session& session = (*job)->session;
  Import import{**job, Semaphore(session.loop(), publishAtOnce)};
  const Status connected = session.loop().run(importAll(import, files));
  if (!connected.ok()) return fail(env, connected.error());
  print(env.console, import);
  if (import.unreachable) return ExitCode::unreachable;
  return import.failed > 0 || session.stop().stop_requested() ? ExitCode::failed : ExitCode::ok;
}

}  // namespace tidings::cli
