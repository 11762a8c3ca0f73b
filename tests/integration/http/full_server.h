// A server whose queue is full: connecting to it hangs.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace tidings::http {

class FullServer {
 public:
  FullServer() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof address_;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    ::listen(listener_, 0);
    // One has room in the queue; the rest is to see to it that the room is taken.
    for (int i = 0; i < 4; ++i) {
      fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(fillers_.back(), reinterpret_cast<sockaddr*>(&address_), size);
    }
  }
  FullServer(const FullServer&) = delete;
  FullServer& operator=(const FullServer&) = delete;
  ~FullServer() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  int listener_ = -1;
  sockaddr_in address_{};
  std::vector<int> fillers_;
};

}  // namespace tidings::http
