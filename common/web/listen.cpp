#include "web/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace tidings::web {
namespace {

constexpr int backlog = 64;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// No names but localhost: a resolver at start-up would be one more thing that can hang.
std::optional<Address> toAddress(const HostPort& where) {
  const std::string host = where.host == "localhost" ? "127.0.0.1" : where.host;
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (host.empty() || inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;  // an empty host leaves the address at "any"
    v6->sin6_port = htons(where.port);
    address.length = sizeof(sockaddr_in6);
  } else if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(where.port);
    address.length = sizeof(sockaddr_in);
  } else {
    return std::nullopt;
  }
  return address;
}

// A host without IPv6 can't listen on "any" in its IPv6 form.
void fallBackToV4(Address& address, uint16_t port) {
  address = Address{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons(port);
  address.length = sizeof(sockaddr_in);
}

int openSocket(const Address& address) {
  return ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

uint16_t boundPort(int fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

}  // namespace

Result<HostPort> parseListen(const std::string& listen) {
  const Error bad{ErrorKind::invalid, "listen address \"" + listen +
                                          "\": expected host:port, [ipv6]:port or :port, with a "
                                          "literal address"};
  const size_t colon = listen.rfind(':');
  // After a NUL the C library would read no further.
  if (colon == std::string::npos || listen.find('\0') != std::string::npos) return bad;
  HostPort where;
  where.host = listen.substr(0, colon);
  const bool bracketed =
      where.host.size() > 2 && where.host.front() == '[' && where.host.back() == ']';
  if (bracketed) where.host = where.host.substr(1, where.host.size() - 2);
  if (!bracketed && where.host.find(':') != std::string::npos) return bad;
  const char* first = listen.data() + colon + 1;
  const char* last = listen.data() + listen.size();
  const auto [end, failed] = std::from_chars(first, last, where.port);
  if (first == last || end != last || failed != std::errc{}) return bad;
  if (!toAddress(where)) return bad;
  return where;
}

Result<ListenSocket> ListenSocket::open(const std::string& listen) {
  auto where = parseListen(listen);
  if (!where) return where.error();
  Address address = *toAddress(*where);
  int fd = openSocket(address);
  if (fd < 0 && where->host.empty()) {
    fallBackToV4(address, where->port);
    fd = openSocket(address);
  }
  const auto fail = [&listen] {
    return Error{ErrorKind::unreachable, "can't listen on " + listen + ": " + std::strerror(errno)};
  };
  if (fd < 0) return fail();
  ListenSocket socket(fd, 0);
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (where->host.empty()) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
      ::listen(fd, backlog) != 0) {
    return fail();
  }
  socket.port_ = boundPort(fd);
  return socket;
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) ::close(fd_);
}

int ListenSocket::accept() const {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  const int on = 1;
  if (fd >= 0) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace tidings::web
