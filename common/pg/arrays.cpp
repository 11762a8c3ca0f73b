#include "pg/arrays.h"

namespace tidings::pg {
namespace {

constexpr size_t headBytes = 20, emptyBytes = 12;

// Most significant byte first.
template <class Number>
void putAt(char* at, Number number) {
  for (size_t i = 0; i < sizeof number; ++i) {
    at[i] = static_cast<char>(number >> 8 * (sizeof number - 1 - i));
  }
}

}  // namespace

Array::Array(Of type, size_t expectedBytes) {
  buffer_.reserve(headBytes + expectedBytes);
  buffer_.resize(headBytes);
  putAt(&buffer_[8], static_cast<uint32_t>(type));
}

void Array::addNull() {
  nulls_ = true;
  ++count_;
  buffer_.append(4, static_cast<char>(0xFF));
}

void Array::put(std::string_view bytes) {
  ++count_;
  char length[4];
  putAt(length, static_cast<uint32_t>(bytes.size()));
  buffer_.append(length, sizeof length).append(bytes);
}

template <class Number>
void Array::putNumber(Number number) {
  ++count_;
  char element[4 + sizeof number];
  putAt(element, uint32_t{sizeof number});
  putAt(element + 4, number);
  buffer_.append(element, sizeof element);
}
template void Array::putNumber(uint8_t);
template void Array::putNumber(uint32_t);
template void Array::putNumber(uint64_t);

// The head: dimensions, whether there are nulls, the type, and of the one dimension the size and
// the lowest index. An empty array has no dimension.
std::string Array::take() && {
  putAt(&buffer_[0], uint32_t{count_ > 0});
  putAt(&buffer_[4], uint32_t{nulls_});
  if (count_ > 0) {
    putAt(&buffer_[12], count_);
    putAt(&buffer_[16], uint32_t{1});
  } else {
    buffer_.resize(emptyBytes);
  }
  return std::move(buffer_);
}

}  // namespace tidings::pg
