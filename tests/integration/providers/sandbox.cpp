#include "integration/providers/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/scope.h"

namespace tidings::providers {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string makeDir() {
  std::string name = (fs::temp_directory_path() / "tidings-providers-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return name;
}

// The first line; throws when the process ends or says nothing for 30 s.
std::string readLine(int fd) {
  std::string line;
  pollfd waiting{fd, POLLIN, 0};
  while (::poll(&waiting, 1, 30'000) == 1) {
    char c = 0;
    if (::read(fd, &c, 1) != 1) break;
    if (c == '\n') return line;
    line += c;
  }
  throw std::runtime_error("the sandbox did not start");
}

}  // namespace

SandboxProcess::SandboxProcess() : dir_(makeDir()) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const int parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::dup2(ends[1], 1);
    ::execlp("node", "node", TIDINGS_SANDBOX, "--port", "0", "--dir", dir_.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
  ready_ = json::parse(readLine(output_));
}

SandboxProcess::~SandboxProcess() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  ::close(output_);
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

SandboxTest::SandboxTest() {
  http::Origin::Options options;
  options.baseUrl = ready()["control"];
  options.maxAnswer = size_t{1} << 20;
  control_ = std::move(*controlClient_.origin(options));
}

json SandboxTest::ask(http::Method method, const std::string& path, const std::string& body) {
  const std::string url = ready()["control"].get<std::string>() + path;
  const http::Request request{method, url,
                              http::Headers::make({{"Content-Type", "application/json"}}), body};
  const http::Response response =
      loop_.run(control_->send(request, Deadline::after(clock_, Millis{15'000})));
  EXPECT_TRUE(response.status >= 200 && response.status < 300)
      << path << ": " << response.status << ' ' << response.body << response.error;
  return json::parse(response.body, nullptr, false);
}

json SandboxTest::get(const std::string& path) { return ask(http::Method::get, path, ""); }
json SandboxTest::post(const std::string& path, const json& body) {
  return ask(http::Method::post, path, body.dump());
}

int SandboxTest::arrived(const std::string& provider) {
  return get("/requests/count?provider=" + provider)["count"];
}

json SandboxTest::lastRequest() { return get("/requests?limit=1")["requests"].at(0); }

std::string SandboxTest::otherCa() {
  const std::string file = process_.dir() + "/other-ca.pem";
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=other -keyout /dev/null -out " +
      file + " 2>/dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return file;
}

std::unique_ptr<Provider> SandboxTest::make(config::ProviderConfig config, const Change& change) {
  config.name = config.kind;
  if (change) change(config);
  auto made = makeProvider(config, client_, loop_);
  if (!made.ok()) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

std::unique_ptr<Provider> SandboxTest::fcm(bool tls, const Change& change) {
  config::FcmConfig settings;
  std::ifstream in(
      ready()["fcm"][tls ? "serviceAccountTlsFile" : "serviceAccountFile"].get<std::string>());
  std::ostringstream account;
  account << in.rdbuf();
  settings.serviceAccount = config::Secret(account.str());
  settings.baseUrl = ready()[tls ? "https" : "http"];
  if (tls) settings.caFile = sandboxCa();
  config::ProviderConfig config;
  config.kind = "fcm";
  config.settings = std::move(settings);
  return make(std::move(config), change);
}

std::unique_ptr<Provider> SandboxTest::twilio(const Change& change) {
  const json& with = ready()["twilio"];
  config::TwilioConfig settings;
  settings.accountSid = with["accountSid"];
  settings.authToken = config::Secret(with["authToken"]);
  settings.from = with["from"];
  settings.baseUrl = ready()["http"];
  config::ProviderConfig config;
  config.kind = "twilio";
  config.settings = std::move(settings);
  return make(std::move(config), change);
}

std::unique_ptr<Provider> SandboxTest::smtp(config::SmtpTls tls, const Change& change) {
  const json& with = ready()["smtp"];
  config::SmtpConfig settings;
  settings.host = "127.0.0.1";
  settings.port = ready()["ports"][tls == config::SmtpTls::tls ? "smtps" : "smtp"];
  settings.tls = tls;
  settings.user = with["user"];
  settings.password = config::Secret(with["password"]);
  settings.from = "알림 <" + with["from"].get<std::string>() + ">";
  settings.caFile = sandboxCa();
  settings.ehloName = "worker.example.com";
  config::ProviderConfig config;
  config.kind = "smtp";
  config.settings = std::move(settings);
  return make(std::move(config), change);
}

OutboundMessage SandboxTest::messageTo(std::string address) {
  OutboundMessage message;
  message.notificationId = "order-4711";
  message.recipient = "user/7";
  message.deliveryId = "00112233445566778899aabbccddeeff";
  message.address = std::move(address);
  message.title = "주문 배송";
  message.body = "금요일에 도착합니다";
  message.text = "주문 4711이 발송되었습니다 🚚\n고맙습니다";
  message.subject = "주문 4711이 발송되었습니다 — 금요일에 도착할 예정이니 기다려 주세요 🚚";
  message.html = "<p>주문 4711</p>";
  message.type = "order";
  message.locale = "ko-KR";
  return message;
}

Outcome SandboxTest::send(Provider& provider, const OutboundMessage& message) {
  return loop_.run(provider.send(message, Deadline::after(clock_, Millis{20'000})));
}

Task<void> SandboxTest::sendOne(SandboxTest& self, Provider& provider,
                                const OutboundMessage& message, Outcome& outcome) {
  outcome = co_await provider.send(message, Deadline::after(self.clock_, Millis{20'000}));
}

Task<void> SandboxTest::sendAll(SandboxTest& self, Provider& provider,
                                const OutboundMessage& message, std::vector<Outcome>& outcomes) {
  Scope scope;
  for (Outcome& outcome : outcomes) scope.spawn(sendOne(self, provider, message, outcome));
  co_await scope.join();
}

std::vector<Outcome> SandboxTest::sendMany(Provider& provider, const OutboundMessage& message,
                                           size_t count) {
  std::vector<Outcome> outcomes(count);
  loop_.run(sendAll(*this, provider, message, outcomes));
  return outcomes;
}

}  // namespace tidings::providers
