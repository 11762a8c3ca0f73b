// A connected, non-blocking byte stream to the broker: TCP, or TLS over it (tls.h).
// Owner: one Connection. Loop thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "amqp/settings.h"
#include "base/result.h"
#include "runtime/loop.h"

namespace tidings::amqp {

class Socket {
 public:
  virtual ~Socket() = default;  // closes; stop watching the descriptor first
  virtual int fd() const = 0;
  // How many bytes were read; 0 when there are none now. An error means: closed.
  virtual Result<size_t> read(char* into, size_t room) = 0;
  // How many bytes were taken; 0 when none can be now (wait until the descriptor is writable).
  virtual Result<size_t> write(std::string_view bytes) = 0;
  // Whether taken bytes still wait to be sent.
  virtual bool unsent() const { return false; }
  // Whether read() may have more although the descriptor is not readable.
  virtual bool buffered() const { return false; }
};

// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

// read() and write() of a plain descriptor, with errors as Result. Never raises SIGPIPE.
Result<size_t> readSome(int fd, char* into, size_t room);
Result<size_t> writeSome(int fd, std::string_view bytes);

// False at the deadline.
Task<bool> untilReady(Loop& loop, int fd, bool readable, bool writable, Deadline deadline);

// Resolves the host, connects to its addresses in turn, and makes the TLS handshake if asked to.
Task<Result<std::unique_ptr<Socket>>> connectSocket(Loop& loop, const Endpoint& endpoint,
                                                    const TlsSettings& tls, Deadline deadline);

}  // namespace tidings::amqp
