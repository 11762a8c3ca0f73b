// What a connection did, for metrics. Monotonic over all reconnects of its owner.
#pragma once

#include <cstdint>

namespace tidings::amqp {

struct Counters {
  uint64_t framesIn = 0, framesOut = 0;
  uint64_t bytesIn = 0, bytesOut = 0;
  uint64_t connects = 0;
};

}  // namespace tidings::amqp
