// One-dimensional arrays in PostgreSQL's binary format, each built in one buffer. An element is its
// length and its bytes: nothing is escaped here, and nothing parsed by the server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidings::pg {

class Array {
 public:
  void addNull();
  std::string take() &&;

 protected:
  // As in the server's catalog (pg_type): the same in every version.
  enum class Of : uint32_t { boolean = 16, bigint = 20, integer = 23, text = 25 };
  Array(Of type, size_t expectedBytes);
  void put(std::string_view bytes);
  template <class Number>
  void putNumber(Number number);

 private:
  std::string buffer_;
  uint32_t count_ = 0;
  bool nulls_ = false;
};

class TextArray : public Array {
 public:
  explicit TextArray(size_t expectedBytes = 256) : Array(Of::text, expectedBytes) {}
  void add(std::string_view element) { put(element); }
  // Empty text counts as NULL.
  void addOrNull(std::string_view element) { element.empty() ? addNull() : put(element); }
};

class IntArray : public Array {  // int, 32 bits
 public:
  explicit IntArray(size_t expected = 16) : Array(Of::integer, expected * 8) {}
  void add(int64_t element) { putNumber(static_cast<uint32_t>(element)); }
};

class BigintArray : public Array {
 public:
  explicit BigintArray(size_t expected = 16) : Array(Of::bigint, expected * 12) {}
  void add(int64_t element) { putNumber(static_cast<uint64_t>(element)); }
};

class BoolArray : public Array {
 public:
  explicit BoolArray(size_t expected = 16) : Array(Of::boolean, expected * 5) {}
  void add(bool element) { putNumber(static_cast<uint8_t>(element)); }
};

}  // namespace tidings::pg
