// Any bytes as an HTTP/1.1 answer: read the same in whatever pieces they come, and never more kept
// than was allowed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "http/answer_reader.h"

using namespace tidings::http;

namespace {

constexpr size_t maxBody = 200;

void require(bool promise) {
  if (!promise) std::abort();
}

AnswerReader read(std::string_view bytes, size_t pieces) {
  AnswerReader reader(maxBody);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(pieces, bytes.size()))) {
    if (!reader.feed(bytes.substr(0, pieces))) break;
  }
  reader.end();
  return reader;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  AnswerReader whole = read(bytes, bytes.size());
  AnswerReader byByte = read(bytes, 1);
  require(whole.done() != whole.malformed());
  require(whole.done() == byByte.done() && whole.status() == byByte.status());
  require(whole.body() == byByte.body() && whole.body().size() <= maxBody);
  require(whole.truncated() == byByte.truncated() && whole.retryAfter() == byByte.retryAfter());
  require(!whole.done() || whole.status() >= 200);
  // What followed unasked for is seen only in the piece that ended the answer.
  require(!whole.keepsConnection() || byByte.keepsConnection() || !whole.done());
  return 0;
}
