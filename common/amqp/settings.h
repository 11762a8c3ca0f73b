// Where the broker is and how to talk to it. Plain values; parseUrl is pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tidings::amqp {

struct Endpoint {
  std::string host;  // a name, an IPv4 or an IPv6 address (without brackets)
  uint16_t port = 5672;
  bool tls = false;
  std::string user = "guest", password = "guest";
  std::string vhost = "/";
  // For logs: everything but the password.
  std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// amqp[s]://[user[:password]@]host[:port][/vhost], percent-encoded; an absent or empty vhost is
// "/". The error never contains the password.
Result<Endpoint> parseUrl(std::string_view url);

struct TlsSettings {
  std::string caFile;             // empty: the system's store
  std::string certFile, keyFile;  // both empty: no client certificate
};

// What an operator wants to read in the log.
enum class NoticeKind {
  connected,
  lost,
  refused,
  blocked,
  unblocked,
  consumerLost,
  nacked,
  declared
};
struct Notice {
  NoticeKind kind;
  std::string text;  // no secrets
};
std::string_view toString(NoticeKind kind);
using OnNotice = std::function<void(const Notice&)>;

struct Settings {
  std::vector<Endpoint> endpoints;  // tried in turn, from a random one on
  TlsSettings tls;
  std::chrono::seconds heartbeat{10};
  Millis connectTimeout{5000};   // for TCP, TLS and login together
  Millis answerTimeout{10'000};  // for each question to the broker; then its channel is given up
  Millis reconnectFirst{1000};   // not sooner: a cluster needs time to elect
  Millis reconnectMax{5000};
  std::string name = "tidings";  // as shown by the broker
};

// All of the URLs, or the first one's error.
Result<std::vector<Endpoint>> parseUrls(const std::vector<std::string>& urls);

}  // namespace tidings::amqp
