#include "http/http2_origin.h"

#include <curl/curl.h>

#include <utility>

#include "base/utf8.h"
#include "http/late_resets.h"
#include "http/times.h"
#include "http/transport.h"

namespace tidings::http {
namespace {

long asLong(Millis wait) { return static_cast<long>(std::max<Millis::rep>(wait.count(), 1)); }

}  // namespace

// An easy handle and what its callbacks write to. Options that stay the same from request to
// request are set again only when they change, because libcurl copies each.
// libcurl's own timeout is not used: after a pause of the process it looks at the time before it
// looks at the answer that has come.
struct Http2Origin::Handle final : Deadlines::Wait {
  Handle(Multi& of, SilentConnections& among) : multi(of), silent(among), easy(of.newEasy(error)) {}
  Multi& multi;
  SilentConnections& silent;
  char error[CURL_ERROR_SIZE] = {};
  CURL* easy;
  CURLU* parsed = curl_url();
  const Options* options = nullptr;
  std::string url;
  std::shared_ptr<const Headers> headers;
  Method method = Method::get;
  std::string answer;
  bool truncated = false;
  bool begun = false;  // the request was about to be written
  MonoTime begunAt{};
  SocketEnds ends;
  bool repeated = false;  // libcurl wanted to write it a second time
  bool late = false;      // it was connected too late to write it
  bool misled = false;    // it would have been written to a silent connection
  long sentBefore = 0;    // CURLINFO_REQUEST_SIZE when it began
  const Clock* clock = nullptr;
  Deadline handOverBy = Deadline::at({});

  ~Handle() override {
    curl_easy_cleanup(easy);
    curl_url_cleanup(parsed);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  void onLate() override {
    if (begun) silent.suspect(ends, begunAt);
    multi.timeOut(easy);
  }

  // Parsed once here, or libcurl does it for each request. One that it can't parse it gets as it
  // is, to say so itself.
  void setUrl(std::string_view to) {
    url = to;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    const bool fits = curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
    curl_easy_setopt(easy, CURLOPT_CURLU, fits ? parsed : nullptr);
  }

  long requestSize() const {
    long size = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &size);
    return size;
  }
  bool sent() const { return begun && requestSize() > sentBefore; }

  static size_t onBody(char* data, size_t, size_t size, void* self) {
    auto& handle = *static_cast<Handle*>(self);
    const size_t room = handle.options->maxAnswer - handle.answer.size();
    handle.answer.append(data, std::min(size, room));
    if (size <= room) return size;
    handle.truncated = true;
    return CURL_WRITEFUNC_ERROR;
  }

  // By HTTP/2 an answer ends with its stream: told its length, libcurl does not wait for that end
  // and resets the stream before it comes (see late_resets.h). By HTTP/1.1 the length is all there
  // is.
  static size_t onHeader(char* data, size_t, size_t size, void* self) {
    const std::string_view line(data, size);
    if (line.starts_with("HTTP/")) {
      curl_easy_setopt(static_cast<Handle*>(self)->easy, CURLOPT_IGNORE_CONTENT_LENGTH,
                       line.starts_with("HTTP/2") ? 1L : 0L);
    }
    return size;
  }

  // Called each time the request is about to be written, so also when libcurl repeats it after a
  // kept connection died. If anything of it had left, whether to send it again is not for libcurl
  // to decide.
  static int onPrerequest(void* self, char* address, char*, int port, int localPort) {
    auto& handle = *static_cast<Handle*>(self);
    if (handle.sent() && !handle.options->repeatable) {
      handle.repeated = true;
      return CURL_PREREQFUNC_ABORT;
    }
    handle.ends = {address, port, localPort};
    handle.late = handle.handOverBy.passed(*handle.clock);
    handle.misled = handle.silent.contain(handle.ends);
    if (handle.late || handle.misled) return CURL_PREREQFUNC_ABORT;
    handle.begun = true;
    handle.begunAt = handle.clock->mono();
    handle.sentBefore = handle.requestSize();
    return CURL_PREREQFUNC_OK;
  }
};

class Http2Origin::Lease {
 public:
  explicit Lease(Http2Origin& origin) : origin_(origin) {
    if (origin.idle_.empty()) {
      handle_ = origin.makeHandle();
    } else {
      handle_ = std::move(origin.idle_.back());
      origin.idle_.pop_back();
    }
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { origin_.idle_.push_back(std::move(handle_)); }
  Handle& operator*() { return *handle_; }

 private:
  Http2Origin& origin_;
  std::unique_ptr<Handle> handle_;
};

Http2Origin::Http2Origin(Multi& multi, Options options, bool loopback)
    : multi_(multi),
      options_(std::move(options)),
      loopback_(loopback),
      places_(multi.loop(), options_.concurrency),
      deadlines_(multi.loop()),
      silent_(multi, deadlines_) {
  (void)dropsLateResets();  // so that it is linked
  idle_.reserve(options_.concurrency);
  multi_.reserve(options_.concurrency);
}

Http2Origin::~Http2Origin() = default;

std::unique_ptr<Http2Origin::Handle> Http2Origin::makeHandle() {
  auto handle = std::make_unique<Handle>(multi_, silent_);
  handle->options = &options_;
  handle->clock = &multi_.loop().clock();
  CURL* easy = handle->easy;
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  if (loopback_) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (!options_.caFile.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.caFile.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
  // Rather wait for the first connection than open one for each request of a burst.
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, asLong(options_.connectTimeout));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                   static_cast<long>(options_.maxIdle / std::chrono::seconds{1}));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Handle::onBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, handle.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Handle::onHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, handle.get());
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Handle::onPrerequest);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, handle.get());
  return handle;
}

void Http2Origin::prepare(Handle& handle, const Request& request, Deadline deadline) {
  CURL* easy = handle.easy;
  handle.answer.clear();
  handle.truncated = handle.begun = handle.repeated = handle.late = handle.misled = false;
  handle.handOverBy = Times::of(*handle.clock, deadline).handOverBy;
  handle.sentBefore = 0;
  if (handle.url != request.url) handle.setUrl(request.url);
  if (handle.headers != request.headers) {
    handle.headers = request.headers;
    void* list = handle.headers ? handle.headers->list() : nullptr;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(list));
  }
  if (request.method == Method::post) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());  // not copied
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
}

Response Http2Origin::finish(Handle& handle, int code) {
  if (handle.late && !handle.sent()) return tooLate();
  Response response;
  long status = 0;
  curl_easy_getinfo(handle.easy, CURLINFO_RESPONSE_CODE, &status);
  response.truncated = handle.truncated;
  response.transport = classify({code, handle.sent(), status >= 200, handle.truncated});
  response.timedOut = code == CURLE_OPERATION_TIMEDOUT;
  if (response.transport == Transport::ok) {
    response.status = static_cast<int>(status);
    response.body = std::move(handle.answer);
    handle.answer = {};
    if (status >= 300) {
      curl_off_t seconds = 0;
      curl_easy_getinfo(handle.easy, CURLINFO_RETRY_AFTER, &seconds);
      response.retryAfter = retryAfterOf(seconds);
    }
    return response;
  }
  const char* text =
      handle.error[0] != '\0' ? handle.error : curl_easy_strerror(static_cast<CURLcode>(code));
  response.error =
      handle.repeated ? "the kept connection died before an answer came" : cleanText(text, 256);
  return response;
}

Task<Response> Http2Origin::send(Request request, Deadline deadline) {
  const Places::Place place = co_await places_.take(request.important, deadline);
  if (place.late) co_return Places::noneInTime();
  Lease handle(*this);
  prepare(*handle, request, place.deadline);
  int code = co_await perform(*handle, place.deadline);
  if ((*handle).misled && !(*handle).sent()) {
    code = co_await performAfresh(*handle, place.deadline);
  }
  co_return finish(*handle, code);
}

Task<int> Http2Origin::perform(Handle& handle, Deadline deadline) {
  deadlines_.add(handle, deadline);
  const int code = co_await multi_.perform(handle.easy);
  deadlines_.remove(handle);
  co_return code;
}

// On a connection of its own: asked for any, libcurl might offer the same again.
Task<int> Http2Origin::performAfresh(Handle& handle, Deadline deadline) {
  curl_easy_setopt(handle.easy, CURLOPT_FRESH_CONNECT, 1L);
  const int code = co_await perform(handle, deadline);
  curl_easy_setopt(handle.easy, CURLOPT_FRESH_CONNECT, 0L);
  co_return code;
}

}  // namespace tidings::http
