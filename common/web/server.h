// A small HTTP/1.1 server on the loop, for /metrics, /healthz and /readyz. Hides libwebsockets.
//
// Binds the loopback unless told otherwise. Answers GET and HEAD of the given paths; another path
// is 404, another method 405. Requests are bounded in size and time, connections in number, and an
// answer is made at the request and sent as the client takes it.
//
// Owner: the program's main function. Loop thread only; co_await close() before it dies.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "runtime/loop.h"
#include "runtime/task.h"

namespace tidings::web {

struct Answer {
  int status = 200;
  std::string contentType = "text/plain; charset=utf-8";
  std::string body;
};

using Handler = std::function<Answer()>;
using Routes = std::map<std::string, Handler, std::less<>>;

class Server {
 public:
  struct Options {
    std::string listen = "127.0.0.1:9464";  // host:port, [ipv6]:port or :port (all interfaces)
    int maxConnections = 64;
    Millis requestTimeout = Millis{10'000};
    // Libwebsockets' own complaints; one line each, without the end of line.
    std::function<void(bool isError, std::string_view line)> onLog = {};
  };

  // Error{invalid} when `listen` makes no sense, Error{unreachable} when the port can't be bound.
  static Result<std::unique_ptr<Server>> start(Loop& loop, Options options, Routes routes);

  virtual ~Server() = default;
  virtual uint16_t port() const = 0;  // as bound: with port 0 the system picks one
  // Stops listening and drops the connections; completes when nothing of it is left in the loop.
  virtual Task<void> close() = 0;
};

}  // namespace tidings::web
