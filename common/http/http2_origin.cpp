#include "http/http2_origin.h"

#include <utility>

#include "http/http2_handle.h"
#include "http/late_resets.h"

namespace tidings::http {

class Http2Origin::Lease {
 public:
  explicit Lease(Http2Origin& origin) : origin_(origin) {
    if (origin.idle_.empty()) {
      handle_ = std::make_unique<Http2Handle>(origin.multi_, origin.silent_, origin.options_,
                                              origin.loopback_);
    } else {
      handle_ = std::move(origin.idle_.back());
      origin.idle_.pop_back();
    }
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { origin_.idle_.push_back(std::move(handle_)); }
  Http2Handle& operator*() { return *handle_; }
  Http2Handle* operator->() { return handle_.get(); }

 private:
  Http2Origin& origin_;
  std::unique_ptr<Http2Handle> handle_;
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

Task<Response> Http2Origin::send(Request request, Deadline deadline) {
  const Places::Place place = co_await places_.take(request.important, deadline);
  if (place.late) co_return Places::noneInTime();
  Lease handle(*this);
  handle->prepare(request, place.deadline);
  int code = co_await perform(*handle, place.deadline);
  if (handle->wasMisled()) {
    code = co_await performAfresh(*handle, place.deadline);
  } else if (handle->wasNotTaken(code)) {
    code = co_await perform(*handle, place.deadline);
  }
  co_return handle->finish(code);
}

Task<int> Http2Origin::perform(Http2Handle& handle, Deadline deadline) {
  deadlines_.add(handle, deadline);
  const int code = co_await multi_.perform(handle.easy());
  deadlines_.remove(handle);
  co_return code;
}

// Asked for any connection, libcurl might offer the same again.
Task<int> Http2Origin::performAfresh(Http2Handle& handle, Deadline deadline) {
  handle.useFreshConnection(true);
  const int code = co_await perform(handle, deadline);
  handle.useFreshConnection(false);
  co_return code;
}

}  // namespace tidings::http
