// AMQP frames: type, channel, length, payload, end mark. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/bytes.h"

namespace tidings::amqp {

enum class FrameType : uint8_t { method = 1, header = 2, body = 3, heartbeat = 8 };

struct Frame {
  FrameType type = FrameType::heartbeat;
  uint16_t channel = 0;
  std::string_view payload;  // into the bytes it was read from
};

inline constexpr size_t frameOverhead = 8;

enum class FrameRead { complete, needMore, damaged };

// Takes one frame off the front of `bytes`.
inline FrameRead readFrame(std::string_view& bytes, size_t maxFrame, Frame& frame) {
  if (bytes.size() < 7) return FrameRead::needMore;
  ByteReader head(bytes);
  frame.type = static_cast<FrameType>(head.u8());
  frame.channel = head.u16();
  const size_t length = head.u32();
  if (length + frameOverhead > maxFrame) return FrameRead::damaged;
  if (bytes.size() < length + frameOverhead) return FrameRead::needMore;
  if (bytes[7 + length] != '\xCE') return FrameRead::damaged;
  frame.payload = bytes.substr(7, length);
  bytes.remove_prefix(length + frameOverhead);
  return FrameRead::complete;
}

// Begins a frame and returns the place to give to endFrame() after its payload was appended.
inline size_t beginFrame(std::string& out, FrameType type, uint16_t channel) {
  putU8(out, static_cast<uint8_t>(type));
  putU16(out, channel);
  const size_t at = out.size();
  putU32(out, 0);
  return at;
}
inline void endFrame(std::string& out, size_t at) {
  patchLength(out, at);
  out += '\xCE';
}

}  // namespace tidings::amqp
