// What a broker, or something that pretends to be one, may send.
#include "amqp/frame.h"
#include "amqp/methods.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings::amqp;
  std::string_view left(reinterpret_cast<const char*>(data), size);
  MethodDecoder decoder;
  size_t seen = 0;
  const auto touch = [&seen](std::string_view text) {
    for (const char c : text) seen += static_cast<unsigned char>(c);
  };
  const auto read = [&](std::string_view payload) {
    const auto method = decoder.decode(payload);
    if (!method) return;
    if (const auto* start = std::get_if<Start>(&*method)) touch(start->mechanisms);
    if (const auto* close = std::get_if<Close>(&*method)) touch(close->text);
    if (const auto* blocked = std::get_if<Blocked>(&*method)) touch(blocked->reason);
    if (const auto* back = std::get_if<Return>(&*method)) touch(back->exchange);
  };
  read(left);
  Frame frame;
  while (readFrame(left, 131'072, frame) == FrameRead::complete) read(frame.payload);
  return seen == 1 ? -1 : 0;  // keeps the reads from being optimised away
}
