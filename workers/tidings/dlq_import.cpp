#include <fstream>
#include <nlohmann/json.hpp>

#include "dlq_job.h"
#include "letter_json.h"
#include "queue/topology.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"

namespace tidings::cli {
namespace {

constexpr size_t publishAtOnce = 200;

struct Import {
  DlqJob& job;
  uint64_t imported = 0;
  uint64_t failed = 0;
  Semaphore window;
  Scope scope;

  void fault(const std::string& where, const std::string& error) {
    ++failed;
    job.env.console.error(where + ": " + job.env.console.text(error));
  }
};

Task<void> put(Import& import, std::string where, queue::Outgoing message, Semaphore::Permit) {
  const Status sent = co_await import.job.publisher.publish(std::move(message));
  if (sent.ok()) {
    ++import.imported;
  } else {
    import.fault(where, sent.error().message);
  }
}

Task<void> importStream(Import& import, std::istream& in, std::string name) {
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    if (import.job.session.stop().stop_requested()) co_return;
    if (line.empty()) continue;
    const std::string where = name + ":" + std::to_string(number);
    auto letter = fromExport(line);
    if (letter.ok() && config::findType(import.job.config, letter->type) == nullptr) {
      letter = Error{ErrorKind::invalid, "the type " + letter->type + " is not configured"};
    }
    if (!letter.ok()) {
      import.fault(where, letter.error().message);
      continue;
    }
    queue::Outgoing message;
    message.routingKey = queue::deadQueue(letter->type);
    message.body = std::move(letter->body);
    message.properties = std::move(letter->properties);
    Semaphore::Permit permit = co_await import.window.acquire();
    import.scope.spawn(put(import, where, std::move(message), std::move(permit)));
  }
}

Task<Status> importAll(Import& import, const std::vector<std::string>& files) {
  Status result = co_await import.job.publisher.connect();
  if (result.ok() && files.empty()) {
    co_await importStream(import, import.job.env.console.in, "standard input");
  }
  for (const std::string& file : files) {
    if (!result.ok()) break;
    std::ifstream in(file, std::ios::binary);
    if (!in) import.fault(file, "can't be read");
    co_await importStream(import, in, file);
  }
  co_await import.scope.join();
  co_await import.job.publisher.close();
  co_return result;
}

}  // namespace

ExitCode importLetters(const Environment& env, const std::vector<std::string>& files) {
  auto job = DlqJob::make(env, {});
  if (!job.ok()) return refuse(env, job.error());
  Import import{**job, 0, 0, Semaphore((*job)->session.loop(), publishAtOnce), Scope()};
  const Status result = (*job)->session.loop().run(importAll(import, files));
  if (!result.ok()) return fail(env, result.error());
  if (env.console.json) {
    const nlohmann::json counts{{"imported", import.imported}, {"failed", import.failed}};
    env.console.out << counts.dump() << '\n';
  } else {
    env.console.out << "imported " << import.imported << ", failed " << import.failed << '\n';
  }
  return import.failed > 0 ? ExitCode::failed : ExitCode::ok;
}

}  // namespace tidings::cli
