#include "integration/cli/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pg/connection.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"

namespace tidings::cli {
namespace {

namespace fs = std::filesystem;

std::string readFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

void redirect(const std::string& file, int flags, int to) {
  const int fd = ::open(file.c_str(), flags, 0600);
  ::dup2(fd, to);
}

// The child's files are redirected; it never returns.
int spawn(const Arguments& arguments, const std::string& dir) {
  std::vector<char*> argv{const_cast<char*>(TIDINGS_PROGRAM)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int pid = ::fork();
  if (pid != 0) return pid;
  redirect(dir + "/in", O_RDONLY, 0);
  redirect(dir + "/out", O_WRONLY | O_CREAT | O_TRUNC, 1);
  redirect(dir + "/err", O_WRONLY | O_CREAT | O_TRUNC, 2);
  ::execv(TIDINGS_PROGRAM, argv.data());
  ::_exit(127);
}

}  // namespace

OpenInput::OpenInput(std::string file) : file_(std::move(file)) {
  fs::remove(file_);
  ::mkfifo(file_.c_str(), 0600);
  fd_ = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
}

OpenInput::~OpenInput() {
  ::close(fd_);
  fs::remove(file_);
}

void OpenInput::write(const std::string& text) const {
  EXPECT_EQ(::write(fd_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

ProgramTest::ProgramTest() {
  dir_ = (fs::temp_directory_path() / name("tidings-cli")).string();
  fs::create_directories(dir_);
  writeConfig(2);
  write("templates/" + type() + "/email.subject.mustache", "Order {{n}}");
  write("templates/" + type() + "/email.text.mustache", "Dear {{name}}");
}

ProgramTest::~ProgramTest() {
  for (int which : {0, 1}) {
    const std::string of = type(which);
    for (const std::string& queue :
         {queue::typeQueue(of), queue::retryQueue(of), queue::deadQueue(of)}) {
      removeQuietly(queue);
    }
  }
  fs::remove_all(dir_);
}

// A test that ended with the broker down has already failed; it must not take the others along.
void ProgramTest::removeQuietly(const std::string& of) {
  try {
    loop.run(remove(of));
  } catch (const std::exception& error) {
    ADD_FAILURE() << of << ": " << error.what();
  }
}

void ProgramTest::writeConfig(int types) {
  const char* amqp = std::getenv("TIDINGS_AMQP_URL");
  const char* pg = std::getenv("TIDINGS_PG_URL");
  if (amqp == nullptr || pg == nullptr) {
    throw std::runtime_error("TIDINGS_AMQP_URL and TIDINGS_PG_URL must be set: see scripts/stack");
  }
  const std::string second = "  " + type(1) + ": {channels: [email], template: " + type(0) + "}\n";
  write("tidings.yaml", "amqp: {urls: \"" + std::string(amqp) + "\"}\npostgres: {url: \"" + pg +
                            "\"}\ntemplates: templates\n"
                            "providers:\n  smtp: {kind: smtp, host: 127.0.0.1, port: 1025, tls: "
                            "none, from: a@example.com}\n"
                            "channels: {email: {providers: [smtp]}}\n"
                            "types:\n  " +
                            type(0) + ": {channels: [email]}\n" + (types > 1 ? second : ""));
}

std::string ProgramTest::write(const std::string& file, const std::string& text) {
  fs::create_directories(fs::path(path(file)).parent_path());
  std::ofstream(path(file), std::ios::binary) << text;
  return path(file);
}

int ProgramTest::start(Arguments arguments) {
  arguments.emplace_back("--config");
  arguments.push_back(path("tidings.yaml"));
  return spawn(arguments, dir_);
}

int ProgramTest::waitFor(int pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Ran ProgramTest::run(Arguments arguments, const std::string& input) {
  write("in", input);
  Ran ran;
  ran.code = waitFor(start(std::move(arguments)));
  ran.out = readFile(path("out"));
  ran.err = readFile(path("err"));
  return ran;
}

nlohmann::json ProgramTest::runJson(Arguments arguments, const std::string& input) {
  arguments.emplace_back("--json");
  const Ran ran = run(std::move(arguments), input);
  nlohmann::json parsed = nlohmann::json::parse(ran.out, nullptr, false);
  EXPECT_FALSE(parsed.is_discarded()) << ran.out << ran.err;
  return parsed;
}

void ProgramTest::journalDeliveries(const std::string& notification, int count) {
  constexpr std::string_view sql =
      "insert into tidings.log (day, address_hash, token, created_at, updated_at, owner, attempt, "
      "takeovers, priority, state, notification_id, recipient, type, channel, address) "
      "select tidings.today(), hashtextextended(n::text, 0), 1, now(), now(), 1, 1, 0, 3, 'sent', "
      "$1, n::text, $2, 'email', n::text from generate_series(1, $3::bigint) n "
      "on conflict do nothing";
  pg::Params params;
  params.text(notification).text(type()).integer(count);
  pg::Connection session(loop, {.url = std::getenv("TIDINGS_PG_URL"), .purpose = "test"});
  session.start();
  const auto rows = loop.run(session.query(sql, params, soon()));
  EXPECT_TRUE(rows.ok()) << rows.error().message;
  loop.run(session.close());
}

nlohmann::json ProgramTest::letter(const std::string& of, int which, const std::string& reason) {
  const std::string id = "n-" + std::to_string(which);
  const nlohmann::json body{{"id", id}, {"type", of}, {"recipient", std::to_string(which % 10)}};
  const nlohmann::json headers{{"x-tidings-attempt", 5},
                               {"x-tidings-reason", reason},
                               {"x-tidings-error", "550 no such mailbox"},
                               {"x-tidings-channel", "email"},
                               {"x-tidings-provider", "smtp"},
                               {"x-tidings-dead-at", "2026-01-31T09:30:00.000Z"},
                               {"x-tidings-queue", queue::typeQueue(of)}};
  return {{"type", of},
          {"body", " " + body.dump() + "\n"},
          {"properties", {{"messageId", id}, {"headers", headers}}}};
}

void ProgramTest::bury(const std::string& of, int first, int count, const std::string& reason) {
  std::string lines;
  for (int i = first; i < first + count; ++i) lines += letter(of, i, reason).dump() + "\n";
  const Ran ran = run({"dlq", "import"}, lines);
  EXPECT_EQ(ran.code, 0) << ran.err;
}

bool ProgramTest::reaches(const std::string& of, size_t atLeast) {
  constexpr auto wait = [](ProgramTest& test, std::string queue, size_t target) -> Task<bool> {
    for (int i = 0; i < 2000; ++i) {
      const size_t now = co_await test.depth(queue);
      if (now >= target) co_return true;
      co_await sleepFor(test.loop, Millis{10});
    }
    co_return false;
  };
  return loop.run(wait(*this, of, atLeast));
}

std::vector<queue::Incoming> ProgramTest::takeAll(const std::string& from) {
  constexpr auto take = [](ProgramTest& test, queue::Inbox& inbox, size_t count) -> Task<void> {
    inbox.intake.start();
    auto complete = [&inbox, count] { return inbox.messages.size() >= count; };
    const bool came = co_await test.until(std::move(complete));
    EXPECT_TRUE(came);
    for (const queue::Incoming& message : inbox.messages) inbox.intake.ack(message.ticket);
    const Deadline deadline = test.soon();
    co_await inbox.intake.close(deadline);
  };
  queue::Inbox inbox(*this, queue::consuming(from, 10'000));
  loop.run(take(*this, inbox, depthOf(from)));
  return std::move(inbox.messages);
}

std::multiset<std::string> ProgramTest::idsOf(const std::vector<queue::Incoming>& messages) {
  std::multiset<std::string> ids;
  for (const auto& message : messages) ids.insert(message.properties.messageId);
  return ids;
}

}  // namespace tidings::cli
