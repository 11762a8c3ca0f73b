#include "amqp/content_codec.h"

#include "amqp/table_codec.h"

namespace tidings::amqp {
namespace {

constexpr uint16_t basicClass = 60;

// Property flags in wire order, the highest bit first. The last bit would say that more flags
// follow, of which there are none in this class; RabbitMQ does not look at it and passes it on, so
// it must not make a message undeliverable.
enum Flag : uint16_t {
  contentType = 1 << 15,
  contentEncoding = 1 << 14,
  headers = 1 << 13,
  deliveryMode = 1 << 12,
  priority = 1 << 11,
  correlationId = 1 << 10,
  replyTo = 1 << 9,
  expiration = 1 << 8,
  messageId = 1 << 7,
  timestamp = 1 << 6,
  type = 1 << 5,
  userId = 1 << 4,
  appId = 1 << 3,
  clusterId = 1 << 2,
};

bool decodeProperties(uint16_t flags, ByteReader& from, Properties& into) {
  const auto text = [&](Flag flag, std::string& member) {
    if (flags & flag) member = from.shortText();
  };
  std::string dropped;
  text(contentType, into.contentType);
  text(contentEncoding, into.contentEncoding);
  if ((flags & headers) && !decodeTable(from, into.headers)) return false;
  into.persistent = (flags & deliveryMode) && from.u8() == 2;
  if (flags & priority) into.priority = from.u8();
  text(correlationId, into.correlationId);
  text(replyTo, into.replyTo);
  text(expiration, dropped);
  text(messageId, into.messageId);
  if (flags & timestamp) into.timestamp = from.u64();
  text(type, into.type);
  text(userId, dropped);
  text(appId, into.appId);
  return !from.failed();
}

uint16_t flagsOf(const Properties& p) {
  unsigned flags = deliveryMode;
  if (!p.contentType.empty()) flags |= contentType;
  if (!p.contentEncoding.empty()) flags |= contentEncoding;
  if (!p.headers.empty()) flags |= headers;
  if (p.priority) flags |= priority;
  if (!p.correlationId.empty()) flags |= correlationId;
  if (!p.replyTo.empty()) flags |= replyTo;
  if (!p.messageId.empty()) flags |= messageId;
  if (p.timestamp) flags |= timestamp;
  if (!p.type.empty()) flags |= type;
  if (!p.appId.empty()) flags |= appId;
  return static_cast<uint16_t>(flags);
}

}  // namespace

std::optional<ContentHeader> decodeContentHeader(std::string_view payload) {
  ByteReader from(payload);
  std::optional<ContentHeader> header(std::in_place);
  const uint16_t contentClass = from.u16();
  from.u16();  // weight, unused
  header->bodySize = from.u64();
  const uint16_t flags = from.u16();
  if (from.failed() || contentClass != basicClass ||
      !decodeProperties(flags, from, header->properties)) {
    header.reset();
  }
  return header;
}

void encodeContentHeader(std::string& out, uint64_t bodySize, const Properties& p) {
  const uint16_t flags = flagsOf(p);
  const auto text = [&](Flag flag, const std::string& member) {
    if (flags & flag) putShort(out, member);
  };
  putU16(out, basicClass);
  putU16(out, 0);
  putU64(out, bodySize);
  putU16(out, flags);
  text(contentType, p.contentType);
  text(contentEncoding, p.contentEncoding);
  if (flags & headers) encodeTable(out, p.headers);
  putU8(out, p.persistent ? 2 : 1);
  if (p.priority) putU8(out, *p.priority);
  text(correlationId, p.correlationId);
  text(replyTo, p.replyTo);
  text(messageId, p.messageId);
  if (p.timestamp) putU64(out, *p.timestamp);
  text(type, p.type);
  text(appId, p.appId);
}

}  // namespace tidings::amqp
