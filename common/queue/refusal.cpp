#include "queue/refusal.h"

#include <charconv>
#include <string_view>

namespace tidings::queue {
namespace {

constexpr int mostRefusals = 3;

// "… message size 20000000 is larger than configured max size 16777216"
bool tooLarge(const Error& error, size_t bytes) {
  constexpr std::string_view before = "message size ";
  const size_t at = error.message.find(before);
  if (at == std::string::npos) return false;
  size_t size = 0;
  const char* text = error.message.c_str() + at + before.size();
  std::from_chars(text, error.message.c_str() + error.message.size(), size);
  return size == bytes;
}

bool namesExchange(const Error& error, const std::string& exchange) {
  return !exchange.empty() && error.message.find("'" + exchange + "'") != std::string::npos;
}

}  // namespace

std::optional<Error> refusedBy(const Error& closed, Sending& sending) {
  if (tooLarge(closed, sending.message.body.size())) {
    return Error{ErrorKind::permanent, closed.message};
  }
  if (namesExchange(closed, sending.message.exchange) || ++sending.refusals >= mostRefusals) {
    return Error{ErrorKind::transient, closed.message};
  }
  return std::nullopt;
}

}  // namespace tidings::queue
