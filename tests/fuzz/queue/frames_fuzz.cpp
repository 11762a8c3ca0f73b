// What a broker, or something that pretends to be one, may send: the same frames in whatever pieces
// they come, written again the same bytes, and in their methods the fields that AMQP says are
// there.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "amqp/frame.h"
#include "amqp/methods.h"

using namespace tidings::amqp;

namespace {

constexpr size_t maxFrame = 4096;

void require(bool promise) {
  if (!promise) std::abort();
}

struct Frames {
  std::string bytes;    // of the whole ones, written again
  std::string waiting;  // what was left at the end
  bool damaged = false;
};

Frames read(std::string_view input, size_t piece, const auto& onPayload) {
  Frames all;
  for (; !input.empty() && !all.damaged; input.remove_prefix(std::min(piece, input.size()))) {
    all.waiting += input.substr(0, piece);
    std::string_view left = all.waiting;
    Frame frame;
    FrameRead outcome;
    while ((outcome = readFrame(left, maxFrame, frame)) == FrameRead::complete) {
      const size_t at = beginFrame(all.bytes, frame.type, frame.channel);
      all.bytes += frame.payload;
      endFrame(all.bytes, at);
      onPayload(frame.payload);
    }
    all.damaged = outcome == FrameRead::damaged;
    all.waiting.erase(0, all.waiting.size() - left.size());
  }
  return all;
}

void checkFrames(std::string_view input, const auto& onPayload) {
  const Frames whole = read(input, input.size() + 1, onPayload);
  const Frames byByte = read(input, 1, [](std::string_view) {});
  require(whole.bytes == byByte.bytes && whole.damaged == byByte.damaged);
  require(whole.damaged || whole.waiting == byByte.waiting);
  require(input.starts_with(whole.bytes));
  require(whole.bytes.size() + whole.waiting.size() == input.size());
}

// The fields of a method by hand, in the order of the specification.
void checkFields(const Start& start, ByteReader from) {
  from.u16();
  from.longText();
  require(start.mechanisms == from.longText() && !from.failed());
}
void checkFields(const Tune& tune, ByteReader from) {
  require(tune.channelMax == from.u16() && tune.frameMax == from.u32());
  require(tune.heartbeat == from.u16() && !from.failed());
}
void checkFields(const Close& close, ByteReader from) {
  require(close.code == from.u16() && close.text == from.shortText());
  require(close.cause == from.u32() && !from.failed());
}
void checkFields(const Blocked& blocked, ByteReader from) {
  require(blocked.reason == from.shortText() && !from.failed());
}
void checkFields(const Deliver& deliver, ByteReader from) {
  from.shortText();
  require(deliver.tag == from.u64() && deliver.redelivered == ((from.u8() & 1) != 0));
  from.shortText();
  from.shortText();
  require(!from.failed());
}
void checkFields(const Return& back, ByteReader from) {
  require(back.code == from.u16() && back.text == from.shortText());
  require(back.exchange == from.shortText() && back.routingKey == from.shortText());
  require(!from.failed());
}
void checkFields(const Confirm& confirm, ByteReader from) {
  require(confirm.tag == from.u64() && confirm.multiple == ((from.u8() & 1) != 0));
  require(!from.failed());
}
void checkFields(const Answer& answer, ByteReader from) {
  if (answer.id == id::queueDeclareOk) {
    from.shortText();
    require(answer.messages == from.u32() && answer.consumers == from.u32() && !from.failed());
  } else if (answer.id == id::getOk) {
    require(answer.tag == from.u64() && answer.redelivered == ((from.u8() & 1) != 0));
    from.shortText();
    from.shortText();
    require(answer.messages == from.u32() && !from.failed());
  }
}
void checkFields(const auto&, ByteReader) {}  // without fields that anybody reads

std::string payloadOf(const std::string& frame) {
  std::string_view left = frame;
  Frame read;
  require(readFrame(left, maxFrame, read) == FrameRead::complete && left.empty());
  return std::string(read.payload);
}

// What we can write, too, is read again as it was.
void checkWritten(MethodDecoder& decoder, const Method& method) {
  std::string frame;
  if (const auto* confirm = std::get_if<Confirm>(&method)) {
    put::ack(frame, 1, confirm->tag, confirm->multiple);
    const std::string payload = payloadOf(frame);
    const auto again = decoder.decode(payload);
    require(again && std::get<Confirm>(*again).tag == confirm->tag);
    require(std::get<Confirm>(*again).multiple == confirm->multiple);
  } else if (const auto* close = std::get_if<Close>(&method)) {
    const std::string text(close->text);
    const uint16_t code = close->code;
    put::connectionClose(frame, code, text);
    const std::string payload = payloadOf(frame);
    const auto again = decoder.decode(payload);
    require(again && std::get<Close>(*again).code == code && std::get<Close>(*again).text == text);
  }
}

void checkMethod(MethodDecoder& decoder, std::string_view payload) {
  const auto method = decoder.decode(payload);
  if (!method) return;
  std::visit([&](const auto& kind) { checkFields(kind, ByteReader(payload.substr(4))); }, *method);
  checkWritten(decoder, *method);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  MethodDecoder decoder;
  checkMethod(decoder, input);
  checkFrames(input, [&](std::string_view payload) { checkMethod(decoder, payload); });
  return 0;
}
