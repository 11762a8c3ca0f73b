// The content header frame: a message's properties and the size of its body. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "amqp/types.h"

namespace tidings::amqp {

struct ContentHeader {
  uint64_t bodySize = 0;
  Properties properties;
};

// The payload of a content header frame; nullopt when it is damaged.
std::optional<ContentHeader> decodeContentHeader(std::string_view payload);

// Appends such a payload.
void encodeContentHeader(std::string& out, uint64_t bodySize, const Properties& properties);

}  // namespace tidings::amqp
