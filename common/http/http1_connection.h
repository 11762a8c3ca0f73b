// One HTTP/1.1 connection. libcurl resolves, connects and encrypts; the requests are spoken here,
// because libcurl spends nine times as much on one (decision 13).
//
// Owner: the origin, or the coroutine of the request it is used for. Loop thread only; one request
// at a time.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "http/answer_reader.h"
#include "http/client.h"
#include "http/deadlines.h"
#include "http/multi.h"

namespace tidings::http {

// What the connections of one origin share; outlives them.
struct Http1Site {
  Multi& multi;
  Deadlines& deadlines;
  const Origin::Options& options;
  std::string baseUrl;
  bool allowHttp = false;
  bool loopback = false;
  bool someHungUp = false;                        // among the idle connections
  std::array<char, size_t{16} * 1024> scratch{};  // what is read goes through here
};

class Http1Connection final : private Deadlines::Wait {
 public:
  explicit Http1Connection(Http1Site& site);
  ~Http1Connection() override;
  Http1Connection(const Http1Connection&) = delete;
  Http1Connection& operator=(const Http1Connection&) = delete;

  // Transport::ok when a request can be sent.
  Task<Response> open(Deadline deadline);
  // Sends the request, reads its answer, and sets `ended`. The bytes stay where they are until
  // then.
  void begin(std::string_view request, Deadline deadline, OneShot<bool>& ended);

  // Once ended.
  Response take();
  // The server hung up without a word, as it may any time on a connection that was idle.
  bool diedUnanswered() const { return end_ == End::lost && !reader_.begun(); }
  bool sentAnything() const { return written_ > 0; }
  // Between requests: finds out whether the server has hung up by now.
  void look();
  // Whether another request may be tried on it.
  bool usable() const { return !over_ && !spent_; }
  MonoTime lastUsed() const { return lastUsed_; }
  // For how long the server keeps it while it is idle, as far as it said.
  Millis mayIdle() const { return mayIdle_; }

 private:
  enum class End { answered, lost, malformed, late, aborted };

  void configure(Millis timeout);
  Response openFailed(int code);
  void onEvent(bool over);
  void onLate() override;
  void write();
  void read();
  void finish(End end);

  Http1Site& site_;
  std::unique_ptr<char[]> error_;
  void* easy_;
  int fd_ = -1;
  std::string_view request_;
  size_t written_ = 0;
  AnswerReader reader_;
  OneShot<bool>* ended_ = nullptr;
  End end_ = End::lost;
  bool over_ = false;   // libcurl closed it, or all is being aborted
  bool spent_ = false;  // no other request may follow
  MonoTime lastUsed_{};
  Millis mayIdle_ = Millis::max();
};

}  // namespace tidings::http
