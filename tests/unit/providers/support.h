// What the tests of the providers share.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "providers/outcomes.h"
#include "providers/provider.h"
#include "runtime/loop.h"

namespace tidings::notification {
inline void PrintTo(OutcomeKind kind, std::ostream* out) { *out << toString(kind); }
}  // namespace tidings::notification

namespace tidings::providers {

inline http::Response answerOf(int status, std::string body,
                               std::optional<Millis> retryAfter = std::nullopt) {
  http::Response response;
  response.transport = http::Transport::ok;
  response.status = status;
  response.body = std::move(body);
  response.retryAfter = retryAfter;
  return response;
}

inline http::Response failureOf(http::Transport transport, std::string error = "what went wrong") {
  http::Response response;
  response.transport = transport;
  response.error = std::move(error);
  return response;
}

inline OutboundMessage messageTo(std::string address) {
  OutboundMessage message;
  message.notificationId = "order-4711";
  message.recipient = "user-7";
  message.deliveryId = "00112233445566778899aabbccddeeff";
  message.address = std::move(address);
  message.title = "Order shipped";
  message.body = "It arrives on Friday";
  message.text = "Order 4711 shipped";
  message.subject = "Order shipped";
  message.type = "order";
  message.locale = "en";
  return message;
}

// Answers from a list, the last one again and again; remembers what it was sent.
class FakeOrigin final : public http::Origin {
 public:
  explicit FakeOrigin(Loop& loop) : loop_(loop) {}
  Task<http::Response> send(http::Request request, Deadline) override {
    requests.push_back({std::string(request.url), std::string(request.body)});
    OneShot<bool> turn(loop_);
    loop_.post([&turn] { turn.set(true); });
    co_await turn.wait();
    const size_t at = std::min(answered++, answers.size() - 1);
    co_return answers[at];
  }
  struct Sent {
    std::string url, body;
  };
  std::vector<Sent> requests;
  std::vector<http::Response> answers;

 private:
  Loop& loop_;
  size_t answered = 0;
};

class FakeRelay final : public http::Relay {
 public:
  Task<http::MailAnswer> send(http::Mail mail, Deadline) override {
    mails.push_back(std::move(mail));
    co_return answer;
  }
  std::vector<http::Mail> mails;
  http::MailAnswer answer;
};

std::string decodeBase64(std::string_view text);
// An unfolded header value with its encoded words read, strictly as RFC 2047 has them.
std::string decodeWords(std::string_view value);

// A mail taken apart as a receiver would.
struct ReadMail {
  std::vector<std::pair<std::string, std::string>> fields;  // unfolded
  std::string body;                                         // raw
  std::vector<std::string> lines;                           // all of them, without CRLF

  size_t count(std::string_view name) const;
  std::string field(std::string_view name) const;  // "" if it is absent
};
// Fails the test on a bare CR or LF, on a line over 998 bytes and on anything but ASCII.
ReadMail readMail(const std::string& message);

}  // namespace tidings::providers
