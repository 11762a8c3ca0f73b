// What goes into an HTTP request and what comes out of it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace tidings::http {

// Header lines prepared once and shared by many requests. Never changed after it is made.
class Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;
  // Throws std::invalid_argument on CR, LF or NUL in a name or value (without quoting the value).
  static std::shared_ptr<const Headers> make(std::initializer_list<Field> fields);
  ~Headers();
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  // "Name: value\r\n" and so on, as HTTP/1.1 has them.
  const std::string& lines() const { return lines_; }
  // The same as libcurl takes them (curl_slist*), made when they are first asked for.
  void* list() const;

 private:
  Headers() = default;
  std::string lines_;
  mutable void* list_ = nullptr;
};

enum class Method { get, post };

// Url and body stay where they are until the answer is there.
struct Request {
  Method method = Method::post;
  std::string_view url;
  std::shared_ptr<const Headers> headers = nullptr;
  std::string_view body = {};
  bool important = false;  // goes before the others that wait for a place
};

// How long a request waits for one of its origin's places. Longer waits are not for a process to
// sit out, and say nothing of the provider.
inline constexpr Millis placePatience{2'000};

enum class Transport {
  ok,       // an answer came: `status` and `body` tell
  notSent,  // no byte of the request left: it may be tried again
  busy,     // the same, because all our places were taken for longer than placePatience
  unknown,  // sent, wholly or partly, and no readable answer: it may have been accepted
  tls,      // the other side is not who the configuration says, or the certificates don't load
  broken,   // a bug of ours, or no memory
};

std::string_view toString(Transport transport);

struct Response {
  Transport transport = Transport::broken;
  int status = 0;
  std::string body = {};  // at most Origin::Options::maxAnswer
  bool truncated = false;
  std::optional<Millis> retryAfter = std::nullopt;  // 0 … 24 h
  bool timedOut = false;                            // the deadline or the connect timeout passed
  std::string error = {};                           // for people, unless ok; no secrets
};

}  // namespace tidings::http
