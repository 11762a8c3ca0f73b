// A message's properties and headers, as any app may send them: read, understood, and carried over
// into a follow-up message that is read again.
#include "amqp/content_codec.h"
#include "queue/headers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto header = amqp::decodeContentHeader(bytes);
  if (!header) return 0;
  const queue::JobHeaders job = queue::readHeaders(header->properties.headers);
  header->properties.headers = queue::writeHeaders(job, header->properties.headers);
  std::string encoded;
  amqp::encodeContentHeader(encoded, header->bodySize, header->properties);
  if (encoded.size() > 128 << 10) __builtin_trap();
  const auto again = amqp::decodeContentHeader(encoded);
  if (!again || again->bodySize != header->bodySize) __builtin_trap();
  const queue::JobHeaders same = queue::readHeaders(again->properties.headers);
  if (same.attempt != job.attempt || same.notBefore != job.notBefore) __builtin_trap();
  if (same.death.has_value() != job.death.has_value()) __builtin_trap();
  return 0;
}
