// Which connection a request goes over, as libcurl tells it before the request is written
// (CURLOPT_PREREQFUNCTION) and as the kernel tells it of a socket.
#pragma once

#include <string>

namespace tidings::http {

struct SocketEnds {
  std::string address;  // the peer's, numeric
  int port = 0, localPort = 0;
  bool operator==(const SocketEnds&) const = default;
};

// Empty for what is not connected.
SocketEnds endsOf(int fd);

}  // namespace tidings::http
