#include "bench.h"
#include "samples.h"

namespace tidings::bench {
namespace {

Body decoding(std::string bytes) {
  return [bytes = std::move(bytes)] { keep(need(notification::decode(bytes, {}))); };
}

const Bench small("decode/typical", [] { return decoding(typicalBytes()); });
const Bench large("decode/large", [] { return decoding(largeBytes()); });

}  // namespace
}  // namespace tidings::bench
