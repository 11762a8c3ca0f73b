#include "http/multi.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <stdexcept>

namespace tidings::http {
namespace {

void initOnce() {
  static const CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (rc != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

bool isConnected(int fd) {
  sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

}  // namespace

struct Multi::Flight {
  void* easy;
  bool keep;
  OneShot<int>* done;
  size_t place;
};

struct Multi::Callbacks {
  static int onSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    static_cast<Multi*>(self)->onSocket(fd, what);
    return 0;
  }
  static int onTimeout(CURLM*, long waitMs, void* self) {
    static_cast<Multi*>(self)->setTimer(waitMs);
    return 0;
  }
  static curl_socket_t open(void* self, curlsocktype, struct curl_sockaddr* address) {
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) return CURL_SOCKET_BAD;
    static_cast<Multi*>(self)->opened(fd);
    return fd;
  }
  static int close(void* self, curl_socket_t fd) {
    static_cast<Multi*>(self)->closed(fd);
    return ::close(fd);
  }
};

Multi::Multi(Loop& loop) : loop_(loop) {
  initOnce();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  self_ = std::make_shared<Multi*>(this);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Callbacks::onSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Callbacks::onTimeout);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
}

Multi::~Multi() {
  assert(flights_.empty());
  *self_ = nullptr;
  curl_multi_cleanup(multi_);  // closes what is kept, through our callbacks
  loop_.cancel(timer_);
}

void* Multi::newEasy(char* error) {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) throw std::bad_alloc();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Or giving up a name that is still being resolved waits for the resolver, and the loop with it.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Callbacks::open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Callbacks::close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  return easy;
}

Task<int> Multi::perform(void* easy) { return run(easy, false); }

Task<int> Multi::connect(void* easy) {
  caches_.assign(easy);
  return run(easy, true);
}

void Multi::release(void* easy) { curl_multi_remove_handle(multi_, easy); }

Task<int> Multi::run(void* easy, bool keep) {
  if (aborted_) co_return CURLE_ABORTED_BY_CALLBACK;
  OneShot<int> done(loop_);
  Flight flight{easy, keep, &done, flights_.size()};
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &flight);
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) co_return CURLE_FAILED_INIT;
  flights_.push_back(&flight);
  if (!keep) {
    ++stats.requests;
    ++stats.inFlight;
  }
  const int code = co_await done.wait();  // bounded as the header says
  flights_.back()->place = flight.place;
  flights_[flight.place] = flights_.back();
  flights_.pop_back();
  if (!keep) --stats.inFlight;
  // Aborted in the turn in which it was connected: whoever adopts it now would not be told.
  if (keep && aborted_) co_return CURLE_ABORTED_BY_CALLBACK;
  co_return code;
}

void Multi::end(Flight& flight, int code) {
  if (flight.done->isSet()) return;
  if (!flight.keep) curl_multi_remove_handle(multi_, flight.easy);
  flight.done->set(code);
}

void Multi::timeOut(void* easy) {
  Flight* flight = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &flight);
  end(*flight, CURLE_OPERATION_TIMEDOUT);
}

// Of a transfer that is under way libcurl does not tell the socket.
int Multi::silentSocket(const SocketEnds& ends, MonoTime since) const {
  for (size_t i = 0; i < sockets_.size(); ++i) {
    const Socket& entry = sockets_[i];
    if (!entry.ours || entry.adopted || entry.heard >= since) continue;
    pollfd unread{static_cast<int>(i), POLLIN, 0};
    if (endsOf(unread.fd) == ends && ::poll(&unread, 1, 0) == 0) return unread.fd;
  }
  return -1;
}

void Multi::cutIfSilent(const SocketEnds& ends, MonoTime since) {
  if (const int fd = silentSocket(ends, since); fd >= 0) ::shutdown(fd, SHUT_RDWR);
}

void Multi::abort() {
  aborted_ = true;
  for (Flight* flight : flights_) end(*flight, CURLE_ABORTED_BY_CALLBACK);
  for (Socket& entry : sockets_) {
    if (const SocketEvent event = std::move(entry.adopted); event) event(true);
  }
}

void Multi::reserve(size_t connections) {
  connections_ += connections;
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_));
}

// libcurl 7.88 closes a socket that never was connected without a word (cf_socket_close), and takes
// the next one of the same number for the one that it has asked to watch.
void Multi::opened(int fd) {
  ++stats.connections;
  const int wanted = socket(fd).wanted;
  socket(fd) = Socket{};
  socket(fd).ours = true;
  if (wanted != CURL_POLL_NONE) onSocket(fd, wanted);
}

Multi::Socket& Multi::socket(int fd) {
  if (sockets_.size() <= static_cast<size_t>(fd)) sockets_.resize(static_cast<size_t>(fd) + 16);
  return sockets_[static_cast<size_t>(fd)];
}

void Multi::closed(int fd) {
  const SocketEvent event = std::move(socket(fd).adopted);
  socket(fd) = Socket{};
  if (event) event(true);
}

void Multi::adopt(int fd, SocketEvent event) {
  Socket& entry = socket(fd);
  entry.adopted = std::move(event);
  if (!entry.watch) {
    entry.watch = loop_.watch(
        fd, [this, fd](bool readable, bool writable) { onReady(fd, readable, writable); });
  }
}

void Multi::want(int fd, bool readable, bool writable) {
  if (Socket& entry = socket(fd); entry.adopted) entry.watch->want(readable, writable);
}

void Multi::forget(int fd) { socket(fd).adopted = nullptr; }

// A kept connection stays in epoll between its requests: that saves system calls. Only for our own
// sockets that are connected, because of the others nobody says when they close (see opened()).
void Multi::onSocket(int fd, int what) {
  Socket& entry = socket(fd);
  if (what == CURL_POLL_REMOVE) {
    entry.wanted = CURL_POLL_NONE;
    if (!entry.ours || !isConnected(fd)) entry = Socket{};
    return;
  }
  entry.wanted = what;
  if (!entry.watch) {
    entry.watch = loop_.watch(
        fd, [this, fd](bool readable, bool writable) { onReady(fd, readable, writable); });
  }
  entry.watch->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
}

void Multi::onReady(int fd, bool readable, bool writable) {
  Socket& entry = socket(fd);
  if (entry.adopted) {
    const SocketEvent event = entry.adopted;
    event(false);
    return;
  }
  if (entry.wanted ==
      CURL_POLL_NONE) {  // closed by the server while idle; libcurl sees it before the next use
    if (entry.watch) entry.watch->want(false, false);
    return;
  }
  if (readable) entry.heard = loop_.clock().mono();
  act(fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
}

void Multi::act(int fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  collect();
}

void Multi::collect() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const int code = message->data.result;
    Flight* flight = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &flight);
    if (!flight->keep) curl_multi_remove_handle(multi_, easy);
    flight->done->set(code);
  }
}

// libcurl moves its timer with almost every request. Ours is moved only when it would come too
// late; when it comes too early it is simply set again.
void Multi::setTimer(long waitMs) {
  if (waitMs < 0) {
    wantedDue_.reset();
    return;
  }
  if (waitMs == 0) {
    kick();
    return;
  }
  wantedDue_ = loop_.clock().mono() + Millis{waitMs};
  if (timer_ != 0 && timerDue_ <= *wantedDue_) return;
  loop_.cancel(timer_);
  timerDue_ = *wantedDue_;
  timer_ = loop_.after(Millis{waitMs}, [this] { onTimer(); });
}

void Multi::onTimer() {
  timer_ = 0;
  if (!wantedDue_) return;
  const MonoTime now = loop_.clock().mono();
  if (*wantedDue_ <= now) {
    wantedDue_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
    return;
  }
  timerDue_ = *wantedDue_;
  timer_ = loop_.after(std::chrono::ceil<Millis>(timerDue_ - now), [this] { onTimer(); });
}

// Once for all that is added in one turn.
void Multi::kick() {
  if (kicked_) return;
  kicked_ = true;
  loop_.post([self = self_] {
    if (*self == nullptr) return;
    (*self)->kicked_ = false;
    (*self)->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

}  // namespace tidings::http
