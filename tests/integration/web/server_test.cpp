#include "web/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace tidings::web {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A blocking client; used on the thread pool while the server runs on the loop.
class Client {
 public:
  explicit Client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  Client(const Client&) = delete;
  ~Client() { ::close(fd_); }

  void send(std::string_view text) {
    ASSERT_TRUE(connected_);
    ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Everything until the server closes.
  std::string rest() {
    std::string all;
    while (receive(all)) {
    }
    return all;
  }
  // One answer with a content-length.
  std::string answer() {
    std::string all;
    while (!complete(all) && receive(all)) {
    }
    return all;
  }

 private:
  bool receive(std::string& all) {
    char buffer[65536];
    const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
    if (count > 0) all.append(buffer, static_cast<size_t>(count));
    return count > 0;
  }
  static bool complete(const std::string& text) {
    const size_t head = text.find("\r\n\r\n");
    const size_t length = text.find("content-length: ");
    if (head == std::string::npos || length == std::string::npos) return false;
    return text.size() >= head + 4 + std::stoul(text.substr(length + 16));
  }
  int fd_;
  bool connected_ = false;
};

class ServerTest : public testing::Test {
 protected:
  // Starts a server, runs `talk(port)` on another thread, closes the server.
  template <class Talk>
  auto serve(Talk talk, Server::Options options = {}) {
    options.listen = "127.0.0.1:0";
    Routes routes;
    routes["/metrics"] = [this] { return Answer{200, "text/plain; version=0.0.4", metrics_}; };
    routes["/readyz"] = [this] { return Answer{ready_ ? 200 : 503, "text/plain", "r\n"}; };
    auto server = Server::start(loop_, options, std::move(routes));
    EXPECT_TRUE(server);
    return loop_.run(talkAndClose(loop_, **server, std::move(talk)));
  }
  template <class Talk>
  static auto talkAndClose(Loop& loop, Server& server, Talk talk)
      -> Task<std::invoke_result_t<Talk, uint16_t>> {
    const uint16_t port = server.port();
    auto work = [talk = std::move(talk), port]() mutable { return talk(port); };
    auto answer = co_await loop.offload(std::move(work));
    co_await server.close();
    co_return answer;
  }
  static std::string ask(uint16_t port, std::string_view request) {
    Client client(port);
    client.send(request);
    return client.answer();
  }

  SystemClock clock_;
  Loop loop_{clock_};
  std::string metrics_ = "up 1\n";
  bool ready_ = true;
};

TEST_F(ServerTest, AnswersItsRoutes) {
  const std::string answer =
      serve([](uint16_t port) { return ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); });
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("content-type: text/plain; version=0.0.4"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nup 1\n"));
}

TEST_F(ServerTest, GivesTheHandlersStatus) {
  ready_ = false;
  EXPECT_THAT(serve([](uint16_t port) {
                return ask(port, "GET /readyz?full=1 HTTP/1.1\r\nHost: x\r\n\r\n");
              }),
              StartsWith("HTTP/1.1 503"));
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  const std::string answer = serve([](uint16_t port) {
    Client client(port);
    client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.rest();
  });
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("content-length: 5"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, AnotherPathIs404AndAnotherMethodIs405) {
  const auto answers = serve([](uint16_t port) {
    std::vector<std::string> all;
    all.push_back(ask(port, "GET /metricsx HTTP/1.1\r\nHost: x\r\n\r\n"));
    all.push_back(ask(port, "GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"));
    all.push_back(ask(port, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
    all.push_back(ask(port, "DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
    return all;
  });
  EXPECT_THAT(answers[0], StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answers[1], Not(HasSubstr("root:")));
  EXPECT_THAT(answers[2], StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(answers[2], HasSubstr("allow: GET, HEAD"));
  EXPECT_THAT(answers[3], StartsWith("HTTP/1.1 405"));
}

TEST_F(ServerTest, KeepsTheConnectionForTheNextScrape) {
  const auto answers = serve([](uint16_t port) {
    Client client(port);
    std::vector<std::string> all;
    for (int i = 0; i < 3; ++i) {
      client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      all.push_back(client.answer());
    }
    return all;
  });
  for (const std::string& answer : answers) EXPECT_THAT(answer, EndsWith("up 1\n"));
}

TEST_F(ServerTest, SendsALargeAnswerWhole) {
  metrics_ = std::string(3'000'000, 'm') + "end\n";
  const std::string answer =
      serve([](uint16_t port) { return ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); });
  EXPECT_THAT(answer, EndsWith("mmmend\n"));
  EXPECT_GT(answer.size(), metrics_.size());
}

TEST_F(ServerTest, AnOversizedRequestIsCutOff) {
  const std::string answer = serve([](uint16_t port) {
    Client client(port);
    client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Junk: " + std::string(100'000, 'j'));
    return client.rest();
  });
  EXPECT_THAT(answer, Not(HasSubstr("200 OK")));
}

TEST_F(ServerTest, GarbageIsSurvived) {
  const std::string answer = serve([](uint16_t port) {
    for (const std::string& junk :
         {std::string("\x16\x03\x01\x02\x00\x01"), std::string("\r\n\r\n\r\n"),
          std::string(2000, '\0'), std::string("GET\r\n\r\n"),
          std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
          std::string("GET /metrics HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
                      "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n\r\n")}) {
      Client client(port);
      client.send(junk);
    }
    return ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  });
  EXPECT_THAT(answer, EndsWith("up 1\n"));
}

TEST_F(ServerTest, BoundsItsConnectionsAndForgetsClosedOnes) {
  Server::Options options;
  options.maxConnections = 4;
  const auto answers = serve(
      [](uint16_t port) {
        std::vector<std::string> all;
        {
          std::vector<std::unique_ptr<Client>> idle;
          for (int i = 0; i < 4; ++i) {
            idle.push_back(std::make_unique<Client>(port));
            idle.back()->send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
            idle.back()->answer();
          }
          all.push_back(ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
        }
        // The server learns of the closed ones in its own time; a refused try comes back empty.
        std::string late;
        for (int i = 0; i < 1000 && late.empty(); ++i) {
          late = ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        all.push_back(late);
        return all;
      },
      options);
  EXPECT_EQ(answers[0], "");
  EXPECT_THAT(answers[1], EndsWith("up 1\n"));
}

TEST_F(ServerTest, ASilentClientIsLetGo) {
  Server::Options options;
  options.requestTimeout = Millis{1000};
  EXPECT_EQ(serve(
                [](uint16_t port) {
                  Client client(port);
                  client.send("GET /met");
                  return client.rest();
                },
                options),
            "");
}

TEST_F(ServerTest, ClosesWhileClientsAreConnected) {
  std::unique_ptr<Client> held;
  serve([&held](uint16_t port) {
    held = std::make_unique<Client>(port);
    held->send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    return held->answer();
  });
  EXPECT_EQ(held->rest(), "");
}

TEST_F(ServerTest, APortInUseIsAnError) {
  serve([this](uint16_t port) {
    Server::Options options;
    options.listen = "127.0.0.1:" + std::to_string(port);
    const auto second = Server::start(loop_, options, {});
    EXPECT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::unreachable);
    EXPECT_THAT(second.error().message, HasSubstr("Address already in use"));
    return 0;
  });
}

TEST_F(ServerTest, StartsAgainAfterItWasClosed) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(
        serve([](uint16_t port) { return ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"); }),
        EndsWith("up 1\n"));
  }
}

}  // namespace
}  // namespace tidings::web
