// HTTP requests and mails out of the loop, through one libcurl multi handle. Hides libcurl.
//
// Owner: the program; it outlives its Origins and Relays, and they outlive their requests.
// Loop thread only. What went wrong is told as a Transport, decided once, beside the foreign call.
#pragma once

#include <memory>

#include "base/result.h"
#include "http/mail.h"
#include "http/message.h"
#include "runtime/loop.h"
#include "runtime/task.h"

namespace tidings::http {

// One HTTP server as one provider uses it: its own handles, settings and places.
class Origin {
 public:
  struct Options {
    // "https://host[:port][/prefix]". http:// is refused unless the host is loopback or
    // `cleartext` allows it.
    std::string baseUrl;
    bool cleartext = false;
    std::string caFile;  // empty: the system's certificates
    // Multiplexed, where the server agrees over TLS. Origins on one host and port must say the
    // same: libcurl remembers per host which it is.
    bool http2 = false;
    size_t concurrency = 64;  // requests in flight; more wait in line
    // True where the provider takes an idempotency key: only then may libcurl repeat a request
    // that died on a kept connection.
    bool repeatable = false;
    size_t maxAnswer = size_t{64} * 1024;
    Millis connectTimeout{5000};
    Millis maxIdle{110'000};  // a kept connection older than this is not used again
  };

  virtual ~Origin() = default;
  // Never fails: what went wrong is in the Response. Ends at the deadline at the latest, but for
  // the wait for a place (at most until the deadline, and at most placePatience): the time left
  // at the call is the request's own, and begins when it has its place.
  virtual Task<Response> send(Request request, Deadline deadline) = 0;
};

// One mail relay, over SMTP.
class Relay {
 public:
  enum class Tls { startTls, tls, none };
  struct Options {
    std::string host;
    int port = 587;
    Tls tls = Tls::startTls;
    bool cleartext = false;  // allows Tls::none beyond loopback; never with credentials
    std::string user;        // empty: no AUTH
    std::string password;
    std::string ehloName;
    std::string caFile;
    size_t concurrency = 8;
    Millis connectTimeout{5000};
    Millis maxIdle{30'000};
  };

  virtual ~Relay() = default;
  virtual Task<MailAnswer> send(Mail mail, Deadline deadline) = 0;
};

struct Stats {
  uint64_t requests = 0;     // begun, mails too
  uint64_t connections = 0;  // opened
  size_t inFlight = 0;
};

class Client {
 public:
  explicit Client(Loop& loop);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Error{invalid} names the option that can't be used.
  Result<std::unique_ptr<Origin>> origin(Origin::Options options);
  Result<std::unique_ptr<Relay>> relay(Relay::Options options);

  // Ends everything in flight at once, as notSent or unknown, whichever is true; what still waits
  // in line, or comes later, is notSent.
  void abort();
  const Stats& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::http
