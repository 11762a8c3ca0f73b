// Memory for coroutine frames: what one gives back, the next of its size takes. A message's journey
// has a dozen frames, always of the same few sizes.
//
// Any thread; each keeps its own, until the process ends. With AddressSanitizer every frame goes to
// the allocator, so that one used after its end is found.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace tidings::detail {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool keepsFrames = false;
#elif defined(__has_feature)
inline constexpr bool keepsFrames = !__has_feature(address_sanitizer);
#else
inline constexpr bool keepsFrames = true;
#endif

template <bool keeps>
class FrameMemoryThat {
 public:
  static constexpr size_t most = 4'096;  // of a size: more than a prefetch has under way

  static void* take(size_t bytes) {
    Shelf* const shelf = shelfFor(bytes);
    if (shelf == nullptr) return ::operator new(bytes);
    if (shelf->top == nullptr) return ::operator new(roundedUp(bytes));
    Piece* const piece = shelf->top;
    shelf->top = piece->next;
    --shelf->pieces;
    return piece;
  }
  static void give(void* frame, size_t bytes) noexcept {
    Shelf* const shelf = shelfFor(bytes);
    if (shelf == nullptr || shelf->pieces == most) return ::operator delete(frame);
    shelf->top = ::new (frame) Piece{shelf->top};
    ++shelf->pieces;
  }

 private:
  struct Piece {
    Piece* next;
  };
  struct Shelf {
    Piece* top;
    size_t pieces;
  };
  static constexpr size_t step = 64, sizes = 32;

  static size_t roundedUp(size_t bytes) { return (bytes + step - 1) / step * step; }
  static Shelf* shelfFor(size_t bytes) {
    const size_t at = (bytes + step - 1) / step;
    return keeps && at < sizes ? &shelves[at] : nullptr;
  }
  static inline constinit thread_local std::array<Shelf, sizes> shelves{};
};

using FrameMemory = FrameMemoryThat<keepsFrames>;

// A base of promises: their frames come from FrameMemory.
struct KeptFrame {
  static void* operator new(size_t bytes) { return FrameMemory::take(bytes); }
  static void operator delete(void* frame, size_t bytes) noexcept {
    FrameMemory::give(frame, bytes);
  }
};

}  // namespace tidings::detail
