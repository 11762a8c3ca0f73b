#include "input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tidings::cli {
namespace {

constexpr size_t readAtOnce = 64 * 1024;
constexpr int lookUpEveryMs = 200;
constexpr int none = -1;

Error unreadable(int code) {
  return {ErrorKind::permanent, std::string("can't be read: ") + std::strerror(code)};
}

// It doesn't block, and a signal may come in between.
bool isNoError(int code) { return code == EINTR || code == EAGAIN; }

// Blocks, but looks up now and then whether it should stop.
Result<std::string> readSome(int fd, const std::stop_token& stop) {
  pollfd readable{fd, POLLIN, 0};
  while (!stop.stop_requested()) {
    const int ready = ::poll(&readable, 1, lookUpEveryMs);
    if (ready < 0 && !isNoError(errno)) return unreadable(errno);
    if (ready <= 0) continue;
    std::string bytes(readAtOnce, '\0');
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0 && isNoError(errno)) continue;
    if (count < 0) return unreadable(errno);
    bytes.resize(static_cast<size_t>(count));
    return bytes;
  }
  return std::string();
}

}  // namespace

Result<Input> Input::open(const std::string& file) {
  if (file == "-") return Input(STDIN_FILENO);
  // A named pipe that nobody writes to yet would be waited for here, deaf to signals.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return unreadable(errno);
  return Input(fd);
}

Input::Input(Input&& other) noexcept : fd_(std::exchange(other.fd_, none)) {}

Input::~Input() {
  if (fd_ != none && fd_ != STDIN_FILENO) ::close(fd_);
}

std::string Input::nameOf(const std::string& file) { return file == "-" ? "standard input" : file; }

Task<Result<std::string>> Input::read(Session& session) {
  auto work = [fd = fd_, stop = session.stop()] { return readSome(fd, stop); };
  co_return co_await session.loop().offload(std::move(work));
}

}  // namespace tidings::cli
