// Any bytes as a field table: bounded in depth and number, and what was understood is written and
// read again as it was.
#include <cstdint>
#include <cstdlib>

#include "amqp/table_codec.h"

namespace {

using namespace tidings::amqp;

void require(bool promise) {
  if (!promise) std::abort();
}

size_t measure(const Value& value, int depth);

size_t measureAll(const Table& table, int depth) {
  require(depth <= maxTableDepth);
  size_t count = 0;
  for (const auto& [key, value] : table) count += measure(value, depth);
  return count;
}

size_t measure(const Value& value, int depth) {
  if (const auto* table = std::get_if<Table>(&value.any)) return 1 + measureAll(*table, depth + 1);
  const auto* array = std::get_if<Array>(&value.any);
  size_t count = 1;
  require(array == nullptr || depth < maxTableDepth);
  for (const Value& one : array == nullptr ? Array{} : *array) count += measure(one, depth + 1);
  return count;
}

std::string written(const Table& table) {
  std::string bytes;
  encodeTable(bytes, table);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader from({reinterpret_cast<const char*>(data), size});
  Table table, again;
  if (!decodeTable(from, table)) return 0;
  require(measureAll(table, 1) <= maxTableValues);
  const std::string bytes = written(table);
  ByteReader second(bytes);
  require(decodeTable(second, again) && second.atEnd());
  require(written(again) == bytes);  // the bytes and not the values: NaN equals nothing
  return 0;
}
