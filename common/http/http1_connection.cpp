#include "http/http1_connection.h"

#include <curl/curl.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/utf8.h"
#include "http/transport.h"

namespace tidings::http {
namespace {

// One TLS record: of several at once libcurl tells only when the last has left, and a request of
// which a part has left must not be taken for unsent.
constexpr size_t pieceBytes = size_t{16} * 1024;

// A request that meets the server's hanging up is one of which nobody knows whether it was taken.
Millis idleWithin(uint64_t keptSeconds) {
  constexpr Millis margin{1'000};
  constexpr uint64_t day = 86'400;
  return std::max(Millis{0}, Millis{1'000 * std::min(keptSeconds, day)} - margin);
}

}  // namespace

Http1Connection::Http1Connection(Http1Site& site)
    : site_(site),
      error_(std::make_unique<char[]>(CURL_ERROR_SIZE)),
      easy_(site.multi.newEasy(error_.get())),
      reader_(site.options.maxAnswer) {}

Http1Connection::~Http1Connection() {
  assert(ended_ == nullptr);
  if (fd_ >= 0 && !over_) site_.multi.forget(fd_);
  site_.multi.release(easy_);
  curl_easy_cleanup(easy_);
}

void Http1Connection::configure(Millis timeout) {
  const Origin::Options& options = site_.options;
  curl_easy_setopt(easy_, CURLOPT_URL, site_.baseUrl.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, site_.allowHttp ? "http,https" : "https");
  curl_easy_setopt(easy_, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  // A proxy only passes bytes on: it is not spoken to in the request.
  curl_easy_setopt(easy_, CURLOPT_HTTPPROXYTUNNEL, 1L);
  if (site_.loopback) curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  if (!options.caFile.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options.caFile.c_str());
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connectTimeout.count()));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<Millis::rep>(timeout.count(), 1)));
}

Task<Response> Http1Connection::open(Deadline deadline) {
  configure(deadline.remaining(site_.multi.loop().clock()));
  const int code = co_await site_.multi.connect(easy_);
  if (code != CURLE_OK) co_return openFailed(code);
  curl_socket_t fd = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &fd);
  if (fd == CURL_SOCKET_BAD) co_return openFailed(CURLE_COULDNT_CONNECT);
  fd_ = fd;
  lastUsed_ = site_.multi.loop().clock().mono();
  site_.multi.adopt(fd_, [this](bool over) { onEvent(over); });
  co_return Response{Transport::ok};
}

Response Http1Connection::openFailed(int code) {
  Response response{classify({code, false, false, false})};
  response.timedOut = code == CURLE_OPERATION_TIMEDOUT;
  response.error = cleanText(
      error_[0] != '\0' ? error_.get() : curl_easy_strerror(static_cast<CURLcode>(code)), 256);
  return response;
}

void Http1Connection::begin(std::string_view request, Deadline deadline, OneShot<bool>& ended) {
  ++site_.multi.stats.requests;
  ++site_.multi.stats.inFlight;
  request_ = request;
  written_ = 0;
  reader_.restart();
  ended_ = &ended;
  site_.deadlines.add(*this, deadline);
  write();
}

// Both at once where a part of the request is still to be sent: a server may refuse it early.
void Http1Connection::onEvent(bool over) {
  over_ |= over;
  if (ended_ == nullptr) {
    look();
  } else if (over) {
    finish(End::aborted);
  } else {
    if (written_ < request_.size()) write();
    if (ended_ != nullptr) read();
  }
}

void Http1Connection::write() {
  CURLcode code = CURLE_OK;
  while (code == CURLE_OK && written_ < request_.size()) {
    const std::string_view piece = request_.substr(written_, pieceBytes);
    size_t count = 0;
    code = curl_easy_send(easy_, piece.data(), piece.size(), &count);
    written_ += count;
  }
  site_.multi.want(fd_, true, code == CURLE_AGAIN);
  if (code == CURLE_OK || code == CURLE_AGAIN) return;
  read();  // the server may have said why before it hung up
  if (ended_ != nullptr) finish(End::lost);
}

void Http1Connection::read() {
  auto& buffer = site_.scratch;
  for (;;) {
    size_t count = 0;
    const CURLcode code = curl_easy_recv(easy_, buffer.data(), buffer.size(), &count);
    if (code == CURLE_AGAIN) return;
    if (code == CURLE_OK && count > 0) {
      reader_.feed({buffer.data(), count});
    } else {
      spent_ = true;
      if (code == CURLE_OK) reader_.end();
      if (!reader_.done()) return finish(End::lost);
    }
    if (reader_.done()) return finish(End::answered);
    if (reader_.malformed()) return finish(End::malformed);
  }
}

// Perhaps it is we who are late, because the worker was frozen, and the answer is there.
void Http1Connection::onLate() {
  read();
  if (ended_ != nullptr) finish(End::late);
}

// Unasked for: the server hangs up, or says something that would be taken for the next answer. What
// TLS has to say for itself is no data.
void Http1Connection::look() {
  size_t count = 0;
  if (over_ || spent_) return;
  if (curl_easy_recv(easy_, site_.scratch.data(), site_.scratch.size(), &count) == CURLE_AGAIN) {
    return;
  }
  spent_ = site_.someHungUp = true;
  site_.multi.want(fd_, false, false);
}

void Http1Connection::finish(End end) {
  site_.deadlines.remove(*this);
  --site_.multi.stats.inFlight;
  end_ = end;
  spent_ |= end != End::answered || !reader_.keepsConnection() || written_ < request_.size();
  if (spent_ && !over_) site_.multi.want(fd_, false, false);
  std::exchange(ended_, nullptr)->set(true);
}

Response Http1Connection::take() {
  lastUsed_ = site_.multi.loop().clock().mono();
  Response response;
  if (end_ == End::answered) {
    if (reader_.keepsFor()) mayIdle_ = idleWithin(*reader_.keepsFor());
    response.transport = Transport::ok;
    response.status = reader_.status();
    response.body = std::move(reader_.body());
    response.truncated = reader_.truncated();
    if (response.status >= 300 && !reader_.retryAfter().empty()) {
      response.retryAfter = retryAfterOf(reader_.retryAfter(), site_.multi.loop().clock().wall());
    }
    return response;
  }
  response.transport = sentAnything() ? Transport::unknown : Transport::notSent;
  response.timedOut = end_ == End::late;
  response.error = end_ == End::late        ? "no answer before the deadline"
                   : end_ == End::malformed ? "the answer is not HTTP/1.1"
                   : end_ == End::aborted   ? "the worker stopped before an answer came"
                   : reader_.begun()        ? "the connection was lost in the middle of the answer"
                                            : "the connection was lost before an answer came";
  return response;
}

}  // namespace tidings::http
