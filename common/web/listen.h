// A listening TCP socket from "host:port". Private to this room.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tidings::web {

struct HostPort {
  std::string host;  // a literal address; empty: all interfaces
  uint16_t port = 0;
};

// "127.0.0.1:9464", "[::1]:9464", "localhost:9464", ":9464". Error{invalid} otherwise.
Result<HostPort> parseListen(const std::string& listen);

// Owns the descriptor. Non-blocking, close-on-exec.
class ListenSocket {
 public:
  static Result<ListenSocket> open(const std::string& listen);
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }
  // A new connection, non-blocking and close-on-exec; -1 when none waits.
  int accept() const;

 private:
  ListenSocket(int fd, uint16_t port) : fd_(fd), port_(port) {}
  int fd_;
  uint16_t port_;
};

}  // namespace tidings::web
