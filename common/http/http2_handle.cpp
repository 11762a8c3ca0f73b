#include "http/http2_handle.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "http/stream_ends.h"
#include "http/times.h"
#include "http/transport.h"

namespace tidings::http {
namespace {

long asLong(Millis wait) { return static_cast<long>(std::max<Millis::rep>(wait.count(), 1)); }

}  // namespace

struct Http2Handle::Callbacks {
  static size_t onBody(char* data, size_t, size_t size, void* self) {
    auto& handle = *static_cast<Http2Handle*>(self);
    const size_t room = handle.options_.maxAnswer - handle.answer_.size();
    handle.answer_.append(data, std::min(size, room));
    if (size <= room) return size;
    handle.truncated_ = true;
    return CURL_WRITEFUNC_ERROR;
  }

  // By HTTP/2 an answer ends with its stream: told its length, libcurl does not wait for that end
  // and resets the stream before it comes (see late_resets.h). By HTTP/1.1 the length is all there
  // is.
  static size_t onHeader(char* data, size_t, size_t size, void* self) {
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) {
      curl_easy_setopt(static_cast<Http2Handle*>(self)->easy_, CURLOPT_IGNORE_CONTENT_LENGTH,
                       line.starts_with("HTTP/2") ? 1L : 0L);
    }
    return size;
  }

  // Called each time the request is about to be written, so also when libcurl repeats it after a
  // kept connection died. If anything of it may have been taken, whether to send it again is not
  // for libcurl to decide.
  static int onPrerequest(void* self, char* address, char*, int port, int localPort) {
    auto& handle = *static_cast<Http2Handle*>(self);
    if (handle.sent() && !handle.options_.repeatable) {
      handle.repeated_ = true;
      return CURL_PREREQFUNC_ABORT;
    }
    handle.ends_ = {address, port, localPort};
    handle.late_ = handle.handOverBy_.passed(handle.clock_);
    handle.misled_ = handle.silent_.contain(handle.ends_);
    if (handle.late_ || handle.misled_) return CURL_PREREQFUNC_ABORT;
    handle.begun_ = true;
    handle.begunAt_ = handle.clock_.mono();
    handle.sentBefore_ = handle.requestSize();
    return CURL_PREREQFUNC_OK;
  }
};

// libcurl's own timeout is not used: after a pause of the process it looks at the time before it
// looks at the answer that has come.
Http2Handle::Http2Handle(Multi& multi, SilentConnections& silent, const Origin::Options& options,
                         bool loopback)
    : multi_(multi),
      silent_(silent),
      options_(options),
      clock_(multi.loop().clock()),
      easy_(multi.newEasy(error_)) {
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "https");
  if (loopback) curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  if (!options.caFile.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options.caFile.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  // Rather wait for the first connection than open one for each request of a burst.
  curl_easy_setopt(easy_, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, asLong(options.connectTimeout));
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN,
                   static_cast<long>(options.maxIdle / std::chrono::seconds{1}));
  // Most answers and requests are small, and a thousand may be under way.
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, 4096L);
  curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, 16'384L);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Callbacks::onBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Callbacks::onHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &Callbacks::onPrerequest);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

Http2Handle::~Http2Handle() {
  curl_easy_cleanup(easy_);
  curl_url_cleanup(parsed_);
}

void Http2Handle::prepare(const Request& request, Deadline deadline) {
  answer_.clear();
  truncated_ = answeredEarly_ = begun_ = repeated_ = late_ = misled_ = false;
  handOverBy_ = Times::of(clock_, deadline).handOverBy;
  sentBefore_ = 0;
  takeStreamEnd(easy_);
  if (url_ != request.url) setUrl(request.url);
  if (headers_ != request.headers) {
    headers_ = request.headers;
    void* list = headers_ ? headers_->list() : nullptr;
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(list));
  }
  if (request.method == Method::post) {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  }
}

// Parsed once here, or libcurl does it for each request. One that it can't parse it gets as it is,
// to say so itself.
void Http2Handle::setUrl(std::string_view to) {
  url_ = to;
  curl_easy_setopt(easy_, CURLOPT_URL, url_.c_str());
  const bool fits = curl_url_set(parsed_, CURLUPART_URL, url_.c_str(), 0) == CURLUE_OK;
  curl_easy_setopt(easy_, CURLOPT_CURLU, fits ? parsed_ : nullptr);
}

void Http2Handle::useFreshConnection(bool fresh) {
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
}

void Http2Handle::onLate() {
  if (begun_) silent_.suspect(ends_, begunAt_);
  multi_.timeOut(easy_);
}

long Http2Handle::requestSize() const {
  long size = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &size);
  return size;
}

// Of what a server has refused nothing was sent.
void Http2Handle::learnHowItEnded() {
  const StreamEnd end = takeStreamEnd(easy_);
  if (end == StreamEnd::refused) sentBefore_ = requestSize();
  if (end == StreamEnd::answeredEarly) answeredEarly_ = true;
}

bool Http2Handle::sent() {
  learnHowItEnded();
  return begun_ && requestSize() > sentBefore_;
}

bool Http2Handle::wasMisled() { return misled_ && !sent(); }

// libcurl 7.88 repeats such a request, but gives up each sixth time in the life of a handle.
bool Http2Handle::wasNotTaken(int code) {
  return begun_ && code != CURLE_OK && code != CURLE_OPERATION_TIMEDOUT && !sent();
}

Response Http2Handle::finish(int code) {
  if (late_ && !sent()) return tooLate();
  Response response;
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response.truncated = truncated_;
  const bool sentSome = sent();
  response.transport = classify({code, sentSome, status >= 200, truncated_, answeredEarly_});
  response.timedOut = code == CURLE_OPERATION_TIMEDOUT;
  if (response.transport == Transport::ok) {
    response.status = static_cast<int>(status);
    response.body = std::exchange(answer_, {});
    if (status >= 300) {
      curl_off_t seconds = 0;
      curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &seconds);
      response.retryAfter = retryAfterOf(seconds);
    }
    return response;
  }
  const char* text = error_[0] != '\0' ? error_ : curl_easy_strerror(static_cast<CURLcode>(code));
  response.error =
      repeated_ ? "the kept connection died before an answer came" : cleanText(text, 256);
  return response;
}

}  // namespace tidings::http
