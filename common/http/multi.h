// The bridge between libcurl's multi interface and the loop: sockets, timers, completions.
//
// Owner: the Client; it outlives all transfers and sessions. Loop thread only. Easy handles appear
// as void*, so that libcurl's header stays out of ours.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "http/client.h"
#include "http/small_caches.h"
#include "http/socket_ends.h"
#include "runtime/loop.h"
#include "runtime/one_shot.h"
#include "runtime/task.h"

namespace tidings::http {

class Multi {
 public:
  explicit Multi(Loop& loop);
  ~Multi();
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  // A new handle with the settings that all of ours share; `error` has CURL_ERROR_SIZE bytes and
  // lives as long. The caller frees it with curl_easy_cleanup before the Multi dies.
  void* newEasy(char* error);

  // Runs the transfer to its end and returns its CURLcode; the handle's own timeout, or the caller
  // with timeOut(), bounds it.
  Task<int> perform(void* easy);
  // Ends what perform() runs, as CURLE_OPERATION_TIMEDOUT; nothing if it is over.
  void timeOut(void* easy);
  // Nothing has come since then on that connection of perform()'s.
  bool silent(const SocketEnds& ends, MonoTime since) const {
    return silentSocket(ends, since) >= 0;
  }
  // Ends it then, for all whose requests share it.
  void cutIfSilent(const SocketEnds& ends, MonoTime since);
  // As perform(), for a CONNECT_ONLY handle: it stays in the multi, and its connection open, until
  // release().
  Task<int> connect(void* easy);
  void release(void* easy);

  // For a connected handle's socket: `event(false)` when it is ready as want() asked, again and
  // again; `event(true)` once, and then no more, when nothing will come of it, because libcurl
  // closed it or abort() was called.
  using SocketEvent = std::function<void(bool over)>;
  void adopt(int fd, SocketEvent event);
  void want(int fd, bool readable, bool writable);
  void forget(int fd);

  // Room for so many more kept connections.
  void reserve(size_t connections);
  void abort();  // for good
  Stats stats;
  Loop& loop() { return loop_; }

 private:
  struct Flight;
  struct Socket {
    std::unique_ptr<FdWatch> watch;
    bool ours = false;  // opened through our callback, so we are told before it is closed
    int wanted = 0;     // what libcurl waits for: CURL_POLL_…, 0 for nothing
    MonoTime heard{};   // when something came, while libcurl waited
    SocketEvent adopted = {};
  };
  struct Callbacks;

  Task<int> run(void* easy, bool keep);
  void end(Flight& flight, int code);
  void onSocket(int fd, int what);
  void onReady(int fd, bool readable, bool writable);
  void opened(int fd);
  void setTimer(long waitMs);
  void onTimer();
  void kick();
  void act(int fd, int events);
  void collect();
  void closed(int fd);
  Socket& socket(int fd);
  int silentSocket(const SocketEnds& ends, MonoTime since) const;

  Loop& loop_;
  void* multi_;
  std::vector<Socket> sockets_;  // by descriptor
  std::vector<Flight*> flights_;
  TimerId timer_ = 0;
  MonoTime timerDue_{};
  std::optional<MonoTime> wantedDue_;
  bool kicked_ = false;
  bool aborted_ = false;
  size_t connections_ = 0;
  std::shared_ptr<Multi*> self_;  // nulled at the end, for calls that are still posted
  SmallCaches caches_;            // of what connect() connected
};

}  // namespace tidings::http
