#include "amqp/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "amqp/tls.h"

namespace tidings::amqp {
namespace {

// The only bound on a peer that neither reads nor acknowledges.
constexpr int userTimeoutMs = 20'000;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  int family = AF_UNSPEC;
};
using Addresses = std::vector<Address>;

std::string reason(int error) {
  char buffer[128];
  return strerror_r(error, buffer, sizeof buffer);
}

// Blocking, and without a timeout of its own.
Result<Addresses> resolve(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int rc = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (rc != 0) return Error{ErrorKind::unreachable, host + ": " + ::gai_strerror(rc)};
  Addresses addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Address address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    address.family = one->ai_family;
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

void setOption(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);  // each is an improvement, none is a must
}

Result<Descriptor> beginConnect(const Address& address) {
  Descriptor fd(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Error{ErrorKind::transient, "socket: " + reason(errno)};
  setOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  setOption(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, userTimeoutMs);
  const auto* target = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(fd.get(), target, address.length) != 0 && errno != EINPROGRESS) {
    return Error{ErrorKind::unreachable, reason(errno)};
  }
  return fd;
}

Status finishConnect(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Error{ErrorKind::unreachable, reason(error)};
  return done;
}

Task<Result<Descriptor>> connectTcp(Loop& loop, const Address& address, Deadline deadline) {
  Result<Descriptor> fd = beginConnect(address);
  if (!fd.ok()) co_return fd.error();
  const bool ready = co_await untilReady(loop, fd->get(), false, true, deadline);
  if (!ready) co_return Error{ErrorKind::unreachable, "no answer to the connection attempt"};
  const Status connected = finishConnect(fd->get());
  if (!connected.ok()) co_return connected.error();
  co_return std::move(fd);
}

// Each address gets an even share of what time is left.
Task<Result<Descriptor>> connectAny(Loop& loop, Addresses addresses, Deadline deadline) {
  Error last{ErrorKind::unreachable, "the name has no address"};
  for (size_t i = 0; i < addresses.size(); ++i) {
    const auto left = deadline.remaining(loop.clock()) / static_cast<int>(addresses.size() - i);
    const Deadline share = Deadline::after(loop.clock(), left);
    Result<Descriptor> fd = co_await connectTcp(loop, addresses[i], share);
    if (fd.ok()) co_return std::move(fd);
    last = fd.error();
  }
  co_return last;
}

class PlainSocket final : public Socket {
 public:
  explicit PlainSocket(Descriptor fd) : fd_(std::move(fd)) {}
  int fd() const override { return fd_.get(); }
  Result<size_t> read(char* into, size_t room) override { return readSome(fd_.get(), into, room); }
  Result<size_t> write(std::string_view bytes) override { return writeSome(fd_.get(), bytes); }

 private:
  Descriptor fd_;
};

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<size_t> readSome(int fd, char* into, size_t room) {
  const ssize_t got = ::recv(fd, into, room, 0);
  if (got > 0) return static_cast<size_t>(got);
  if (got == 0) return Error{ErrorKind::transient, "the broker closed the connection"};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return size_t{0};
  return Error{ErrorKind::transient, reason(errno)};
}

Result<size_t> writeSome(int fd, std::string_view bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return size_t{0};
  return Error{ErrorKind::transient, reason(errno)};
}

Task<bool> untilReady(Loop& loop, int fd, bool readable, bool writable, Deadline deadline) {
  auto ready = std::make_shared<OneShot<bool>>(loop);
  auto watch = loop.watch(fd, [ready](bool, bool) { ready->set(true); });
  watch->want(readable, writable);
  const std::optional<bool> came = co_await ready->waitUntil(deadline);
  co_return came.has_value();
}

Task<Result<std::unique_ptr<Socket>>> connectSocket(Loop& loop, const Endpoint& endpoint,
                                                    const TlsSettings& tls, Deadline deadline) {
  auto work = [host = endpoint.host, port = endpoint.port] { return resolve(host, port); };
  Result<Addresses> addresses = co_await loop.offload(std::move(work));
  if (!addresses.ok()) co_return addresses.error();
  Addresses list = std::move(*addresses);
  Result<Descriptor> fd = co_await connectAny(loop, std::move(list), deadline);
  if (!fd.ok()) co_return fd.error();
  Descriptor owned = std::move(*fd);
  if (endpoint.tls) {
    co_return co_await secure(loop, std::move(owned), endpoint.host, tls, deadline);
  }
  std::unique_ptr<Socket> plain = std::make_unique<PlainSocket>(std::move(owned));
  co_return std::move(plain);
}

}  // namespace tidings::amqp
