#include "http/http1_origin.h"

#include <utility>

#include "http/times.h"
#include "http/transport.h"

namespace tidings::http {
namespace {

// A connection that was idle for longer is looked at before it is used again: the loop may not have
// come to hear yet that the server hung up.
constexpr Millis justNow{1};

}  // namespace

Http1Origin::Http1Origin(Multi& multi, Options options, BaseUrl base, bool allowHttp)
    : options_(std::move(options)),
      base_(std::move(base)),
      places_(multi.loop(), options_.concurrency),
      deadlines_(multi.loop()),
      site_{multi, deadlines_, options_, base_.text, allowHttp, base_.loopback} {
  idle_.reserve(options_.concurrency);
  multi.reserve(options_.concurrency);
}

// Prepared once for all requests that follow to the same URL. False for one of another server.
bool Http1Origin::aim(std::string_view url) {
  if (url == url_) return true;
  const auto target = parseTarget(url);
  if (!target || target->https != base_.https || target->authority != base_.authority) return false;
  url_ = url;
  toUrl_ = target->path + " HTTP/1.1\r\nHost: " + target->authority + "\r\n";
  return true;
}

std::string Http1Origin::compose(const Request& request) const {
  const bool post = request.method == Method::post;
  const std::string_view fields = request.headers ? request.headers->lines() : std::string_view{};
  std::string out;
  out.reserve(toUrl_.size() + fields.size() + request.body.size() + 48);
  out.append(post ? "POST " : "GET ").append(toUrl_).append(fields);
  if (post)
    out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  out.append("\r\n");
  if (post) out.append(request.body);
  return out;
}

std::unique_ptr<Http1Connection> Http1Origin::takeIdle() {
  if (std::exchange(site_.someHungUp, false)) {
    std::erase_if(idle_, [](const auto& connection) { return !connection->usable(); });
  }
  const MonoTime now = site_.multi.loop().clock().mono();
  while (!idle_.empty()) {
    // The most recently used, so that the rest may close.
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    const auto idle = now - connection->lastUsed();
    if (idle > justNow) connection->look();
    if (connection->usable() && idle < std::min(options_.maxIdle, connection->mayIdle())) {
      return connection;
    }
  }
  return nullptr;
}

// A server closes idle connections when it likes: what was lost with one unanswered is sent again,
// if nothing of it had left or a repeat is harmless.
Task<Response> Http1Origin::send(Request request, Deadline deadline) {
  const Places::Place place = co_await places_.take(request.important, deadline);
  if (place.late) co_return Places::noneInTime();
  if (!aim(request.url)) {
    Response wrong{Transport::broken};
    wrong.error = "the URL is none of this server's";
    co_return wrong;
  }
  const std::string bytes = compose(request);
  for (;;) {
    std::unique_ptr<Http1Connection> connection = takeIdle();
    const bool kept = connection != nullptr;
    if (!kept) {
      const Times times = Times::of(site_.multi.loop().clock(), place.deadline);
      connection = std::make_unique<Http1Connection>(site_);
      Response opened = co_await connection->open(place.deadline);
      if (opened.transport != Transport::ok) co_return opened;
      if (times.handOverBy.passed(site_.multi.loop().clock())) {
        idle_.push_back(std::move(connection));
        co_return tooLate();
      }
    }
    OneShot<bool> ended(site_.multi.loop());
    connection->begin(bytes, place.deadline, ended);
    co_await ended.wait();  // bounded by the deadline
    const bool harmless = options_.repeatable || !connection->sentAnything();
    if (kept && harmless && connection->diedUnanswered()) continue;
    Response response = connection->take();
    if (connection->usable()) idle_.push_back(std::move(connection));
    co_return response;
  }
}

}  // namespace tidings::http
