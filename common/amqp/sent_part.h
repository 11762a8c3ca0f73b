// What is left of the bytes to send once some of them are sent. Pure.
#pragma once

#include <cstddef>
#include <string>

namespace tidings::amqp {

// Lets go of the `sent` bytes at the front of `out`. While others are behind them, only when they
// are many and the larger part: so no byte is moved often, and what is kept is not much more than
// what waits.
inline void dropSent(std::string& out, size_t& sent) {
  constexpr size_t many = 1 << 20;
  if (sent == out.size()) {
    out.clear();
    if (out.capacity() > many) out.shrink_to_fit();
  } else if (sent > many && sent > out.size() / 2) {
    out.erase(0, sent);
  } else {
    return;
  }
  sent = 0;
}

}  // namespace tidings::amqp
