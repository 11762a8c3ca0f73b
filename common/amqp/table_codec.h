// Field tables as bytes. Pure and bounded: the library's own decoder recurses as deep as a sender
// likes, and every header of a message is foreign input.
#pragma once

#include <string>
#include <string_view>

#include "amqp/bytes.h"
#include "amqp/types.h"

namespace tidings::amqp {

inline constexpr int maxTableDepth = 16;        // deeper values become monostate
inline constexpr size_t maxTableValues = 4096;  // of all levels together; the rest is left out

// Reads a table with its length; false when it is longer than what there is to read. What can't be
// understood inside it ends its level there: a message must not be undeliverable for its headers.
bool decodeTable(ByteReader& from, Table& into);

void encodeTable(std::string& out, const Table& table);

}  // namespace tidings::amqp
