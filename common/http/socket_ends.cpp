#include "http/socket_ends.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

namespace tidings::http {
namespace {

struct Name {
  std::string address;
  int port = 0;
};

Name nameOf(int fd, int (*of)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  const bool known = of(fd, address, &size) == 0 &&
                     ::getnameinfo(address, size, host.data(), host.size(), port.data(),
                                   port.size(), NI_NUMERICHOST | NI_NUMERICSERV) == 0;
  return known ? Name{host.data(), std::atoi(port.data())} : Name{};
}

}  // namespace

SocketEnds endsOf(int fd) {
  Name peer = nameOf(fd, &::getpeername);
  return {std::move(peer.address), peer.port, nameOf(fd, &::getsockname).port};
}

}  // namespace tidings::http
