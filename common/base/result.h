// Result<T>: a value or an Error of a known kind. Errors become a kind once, beside the foreign
// call; above that, code branches on the kind and never on the text.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tidings {

enum class ErrorKind {
  transient,  // the world misbehaved; the same call may succeed later
  throttled,  // as transient, and the other side said when (Error::retryAfter)
  permanent,  // the same call can never succeed
  invalid,  // foreign input or configuration broke a rule; the message names place, found, expected
  unreachable,  // no connection could be made; nothing was sent
  uncertain,    // something was sent and no answer came: it may or may not have happened
  timeout,      // our own deadline passed before anything was sent
  cancelled,    // we were told to stop
  internal,     // a bug of ours
};

std::string_view toString(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  // for people; bounded by whoever stores it; never a secret
  std::optional<std::chrono::milliseconds> retryAfter = std::nullopt;
};

// True where trying the same thing again later makes sense.
bool isRetryable(ErrorKind kind);

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Precondition: ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Precondition: !ok().
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Unit {
  friend bool operator==(Unit, Unit) = default;
};

// The result of an action that has no value: `return done;` or `return Error{…};`.
using Status = Result<Unit>;
inline constexpr Unit done{};

}  // namespace tidings
