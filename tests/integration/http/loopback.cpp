#include "loopback.h"

#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace tidings::http {

Loopback::Loopback() {
  int toChild[2], fromChild[2];
  if (::pipe(toChild) != 0 || ::pipe(fromChild) != 0) throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(toChild[0], 0);
    ::dup2(fromChild[1], 1);
    for (const int fd : {toChild[0], toChild[1], fromChild[0], fromChild[1]}) ::close(fd);
    ::execlp("node", "node", LOOPBACK_SCRIPT, nullptr);
    ::_exit(127);
  }
  ::close(toChild[0]);
  ::close(fromChild[1]);
  input_ = toChild[1];
  std::string line;
  for (char c = 0; ::read(fromChild[0], &c, 1) == 1 && c != '\n';) line += c;
  ::close(fromChild[0]);
  facts_ = nlohmann::json::parse(line);
}

Loopback::~Loopback() {
  ::close(input_);
  ::waitpid(pid_, nullptr, 0);
}

std::string Loopback::url(const char* scheme, const char* portName, const char* path) const {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port(portName)) + path;
}

std::unique_ptr<Origin> HttpTest::origin(Origin::Options options) {
  auto made = client_.origin(std::move(options));
  if (!made.ok()) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

Response HttpTest::get(Origin& from, const std::string& url) {
  return loop_.run(from.send(Request{Method::get, url}, in(std::chrono::seconds{10})));
}

Response HttpTest::post(Origin& to, const std::string& url, Millis wait) {
  return loop_.run(to.send(Request{Method::post, url, nullptr, "body"}, in(wait)));
}

nlohmann::json HttpTest::ask(const char* path) {
  Loop loop(clock_);
  Client client(loop);
  Origin::Options options;
  options.baseUrl = servers_.url("http", "http");
  options.maxAnswer = size_t{8} << 20;
  auto asker = client.origin(options);
  const std::string url = servers_.url("http", "http", path);
  const Response response =
      loop.run((*asker)->send(Request{Method::get, url}, in(std::chrono::seconds{10})));
  return nlohmann::json::parse(response.body);
}

}  // namespace tidings::http
