// What a command reads from a file or from standard input. Others may let it wait as long as they
// like: it waits off the loop, so that signals are heard and heartbeats go on.
#pragma once

#include <string>

#include "base/result.h"
#include "session.h"

namespace tidings::cli {

class Input {
 public:
  // "-" is standard input. Error{permanent}: can't be read, and why.
  static Result<Input> open(const std::string& file);
  Input(Input&& other) noexcept;
  Input& operator=(Input&&) = delete;
  ~Input();

  // For people: the file, or "standard input".
  static std::string nameOf(const std::string& file);
  // The next bytes; empty at the end and after a stop. Error{permanent} as of open().
  Task<Result<std::string>> read(Session& session);

 private:
  explicit Input(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace tidings::cli
