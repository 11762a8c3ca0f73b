#include "observe/log_writer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>

namespace tidings::observe {
namespace {

constexpr Millis pollStep{100};
constexpr Millis closeTimeout{2000};

// Signals are the loop's business; SIGPIPE on a closed standard output must not end the process.
std::thread startQuiet(void (*body)(LogWriter*), LogWriter* writer) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(body, writer);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

LogWriter::LogWriter(int fd, size_t maxBuffered, Millis every)
    : fd_(fd), maxBuffered_(maxBuffered), every_(every) {
  thread_ = startQuiet([](LogWriter* self) { self->run(); }, this);
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_ = true;
  wake_.notify_one();
  thread_.join();
}

void LogWriter::add(std::string_view line, bool urgent) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (buffer_.size() + writing_ + line.size() + 1 > maxBuffered_) {
      ++dropped_;
      return;
    }
    // One wake-up for the first line of a batch; the writer then waits for more by itself.
    wake = buffer_.empty() || (urgent && !urgent_);
    urgent_ = urgent_ || urgent;
    buffer_ += line;
    buffer_ += '\n';
  }
  if (wake) wake_.notify_one();
}

void LogWriter::flush() {
  std::unique_lock lock(mutex_);
  urgent_ = true;
  wake_.notify_one();
  idle_.wait(lock, [this] { return buffer_.empty() && writing_ == 0; });
}

uint64_t LogWriter::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void LogWriter::run() {
  std::unique_lock lock(mutex_);
  std::string batch;
  while (true) {
    wake_.wait(lock, [this] { return stop_ || urgent_ || !buffer_.empty(); });
    if (!stop_ && !urgent_) wake_.wait_for(lock, every_, [this] { return stop_ || urgent_; });
    urgent_ = false;
    batch.swap(buffer_);
    writing_ = batch.size();
    const bool last = stop_;
    lock.unlock();
    const bool written = writeAll(batch);
    lock.lock();
    if (!written) dropped_ += static_cast<uint64_t>(std::count(batch.begin(), batch.end(), '\n'));
    batch.clear();
    writing_ = 0;
    idle_.notify_all();
    if (last) return;
  }
}

bool LogWriter::writeAll(std::string_view text) {
  while (!text.empty()) {
    if (!awaitWritable()) return false;
    // A pipe that polls writable takes this much without blocking.
    const ssize_t count = ::write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (count > 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    }
  }
  return true;
}

// Waits as long as it takes, but only a little when the log is being closed.
bool LogWriter::awaitWritable() const {
  for (Millis waited{0}; waited < closeTimeout;) {
    pollfd writable{fd_, POLLOUT, 0};
    if (::poll(&writable, 1, static_cast<int>(pollStep.count())) > 0) return true;
    if (stopping_) waited += pollStep;
  }
  return false;
}

}  // namespace tidings::observe
