// Writes lines to a descriptor on a thread of its own, many lines per write. add() never blocks.
//
// Owner: Log. add(), flush() and dropped() from any thread. The destructor writes out what waits;
// a descriptor that takes nothing holds it up for at most two seconds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"

namespace tidings::observe {

class LogWriter {
 public:
  LogWriter(int fd, size_t maxBuffered, Millis every);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // `line` without end of line; an urgent one is written without waiting for more.
  void add(std::string_view line, bool urgent);
  void flush();
  uint64_t dropped() const;

 private:
  void run();
  bool writeAll(std::string_view text);
  bool awaitWritable() const;

  const int fd_;
  const size_t maxBuffered_;
  const Millis every_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::string buffer_;
  size_t writing_ = 0;  // bytes taken by the thread and not yet written
  bool urgent_ = false;
  bool stop_ = false;
  uint64_t dropped_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace tidings::observe
