#include "amqp/table_codec.h"

#include <algorithm>
#include <limits>

namespace tidings::amqp {
namespace {

class Decoder {
 public:
  void table(std::string_view bytes, Table& into, int depth) {
    ByteReader from(bytes);
    while (!from.atEnd()) {
      const std::string_view key = from.shortText();
      Value value;
      if (!next(from, value, depth)) return;
      into.emplace_back(std::string(key), std::move(value));
    }
  }

 private:
  void array(std::string_view bytes, Array& into, int depth) {
    ByteReader from(bytes);
    while (!from.atEnd()) {
      Value value;
      if (!next(from, value, depth)) return;
      into.push_back(std::move(value));
    }
  }

  bool next(ByteReader& from, Value& value, int depth) {
    if (values_ == 0) return false;
    --values_;
    return one(from, value, depth) && !from.failed();
  }

  bool nested(ByteReader& from, Value& value, int depth, bool isTable) {
    const std::string_view bytes = from.longText();
    if (from.failed()) return false;
    if (depth >= maxTableDepth) return true;
    if (isTable) {
      table(bytes, value.any.emplace<Table>(), depth + 1);
    } else {
      array(bytes, value.any.emplace<Array>(), depth + 1);
    }
    return true;
  }

  bool one(ByteReader& from, Value& value, int depth) {
    switch (const char kind = static_cast<char>(from.u8()); kind) {
      case 'S':
        value.any.emplace<std::string>(from.longText());
        return true;
      case 'F':
      case 'A':
        return nested(from, value, depth, kind == 'F');
      case 'x':
        value.any = Bytes{std::string(from.longText())};
        return true;
      case 'V':
        return true;
      default:
        return scalar(kind, from, value);
    }
  }

  static bool scalar(char kind, ByteReader& from, Value& value) {
    switch (kind) {
      case 't':
        value.any = from.u8() != 0;
        return true;
      case 'b':
        value.any = int64_t{static_cast<int8_t>(from.u8())};
        return true;
      case 'B':
        value.any = int64_t{from.u8()};
        return true;
      case 's':
        value.any = int64_t{static_cast<int16_t>(from.u16())};
        return true;
      case 'u':
        value.any = int64_t{from.u16()};
        return true;
      case 'I':
        value.any = int64_t{static_cast<int32_t>(from.u32())};
        return true;
      case 'i':
        value.any = int64_t{from.u32()};
        return true;
      case 'l':
        value.any = static_cast<int64_t>(from.u64());
        return true;
      case 'L':
        value.any = static_cast<int64_t>(
            std::min<uint64_t>(from.u64(), std::numeric_limits<int64_t>::max()));
        return true;
      case 'f':
        value.any = double{std::bit_cast<float>(from.u32())};
        return true;
      case 'd':
        value.any = std::bit_cast<double>(from.u64());
        return true;
      case 'D': {
        const uint8_t scale = from.u8();
        value.any = Decimal{scale, from.u32()};
        return true;
      }
      case 'T':
        value.any = Timestamp{from.u64()};
        return true;
      default:
        return false;
    }
  }

  size_t values_ = maxTableValues;
};

void encodeValue(std::string& out, const Value& value);

void putArray(std::string& out, const Array& array) {
  const size_t at = out.size();
  putU32(out, 0);
  for (const Value& value : array) encodeValue(out, value);
  patchLength(out, at);
}

struct Encoder {
  std::string& out;
  void operator()(std::monostate) const { out += 'V'; }
  void operator()(bool b) const {
    out += 't';
    putU8(out, b ? 1 : 0);
  }
  void operator()(int64_t n) const {
    out += 'l';
    putU64(out, static_cast<uint64_t>(n));
  }
  void operator()(double d) const {
    out += 'd';
    putU64(out, std::bit_cast<uint64_t>(d));
  }
  void operator()(const std::string& text) const {
    out += 'S';
    putLong(out, text);
  }
  void operator()(Timestamp time) const {
    out += 'T';
    putU64(out, time.seconds);
  }
  void operator()(const Bytes& bytes) const {
    out += 'x';
    putLong(out, bytes.data);
  }
  void operator()(Decimal decimal) const {
    out += 'D';
    putU8(out, decimal.scale);
    putU32(out, decimal.value);
  }
  void operator()(const Array& array) const {
    out += 'A';
    putArray(out, array);
  }
  void operator()(const Table& table) const {
    out += 'F';
    encodeTable(out, table);
  }
};

void encodeValue(std::string& out, const Value& value) { std::visit(Encoder{out}, value.any); }

}  // namespace

bool decodeTable(ByteReader& from, Table& into) {
  const std::string_view bytes = from.longText();
  if (from.failed()) return false;
  Decoder{}.table(bytes, into, 1);
  return true;
}

void encodeTable(std::string& out, const Table& table) {
  const size_t at = out.size();
  putU32(out, 0);
  for (const auto& [key, value] : table) {
    putShort(out, key);
    encodeValue(out, value);
  }
  patchLength(out, at);
}

}  // namespace tidings::amqp
