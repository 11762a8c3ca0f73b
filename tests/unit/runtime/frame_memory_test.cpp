#include "runtime/frame_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace tidings::detail {
namespace {

// Also with the sanitizers, which the worker's frames go without.
using Keeping = FrameMemoryThat<true>;

TEST(FrameMemory, GivesTheLastOneOfTheSizeAgain) {
  void* const first = Keeping::take(200);
  void* const second = Keeping::take(200);
  EXPECT_NE(first, second);
  Keeping::give(first, 200);
  Keeping::give(second, 200);
  EXPECT_EQ(Keeping::take(250), second);  // 193 to 256 bytes are one size
  EXPECT_EQ(Keeping::take(193), first);
  Keeping::give(first, 193);
  void* const larger = Keeping::take(257);
  EXPECT_NE(larger, first);
  Keeping::give(larger, 257);
  Keeping::give(second, 250);
}

TEST(FrameMemory, NoTwoInUseOverlapWhateverTheOrder) {
  Random random;
  std::vector<std::pair<unsigned char*, size_t>> used;
  for (int step = 0; step < 5'000; ++step) {
    if (used.size() < 50 || random.bits() % 2 == 0) {
      const size_t bytes = 1 + random.bits() % 3'000;
      auto* const taken = static_cast<unsigned char*>(Keeping::take(bytes));
      std::memset(taken, static_cast<int>(bytes % 251), bytes);
      used.emplace_back(taken, bytes);
    } else {
      std::swap(used[random.bits() % used.size()], used.back());
      const auto [given, bytes] = used.back();
      used.pop_back();
      ASSERT_TRUE(std::all_of(given, given + bytes,
                              [&](unsigned char byte) { return byte == bytes % 251; }));
      Keeping::give(given, bytes);
    }
  }
  for (const auto& [given, bytes] : used) Keeping::give(given, bytes);
}

TEST(FrameMemory, KeepsNoMoreThanItsMostOfASize) {
  std::vector<void*> taken(Keeping::most + 10);
  for (void*& each : taken) each = Keeping::take(1'000);
  for (void* each : taken) Keeping::give(each, 1'000);  // ten go back to the allocator
  std::set<void*> kept(taken.begin(), taken.begin() + Keeping::most);
  for (void*& each : taken) {
    each = Keeping::take(1'000);
    kept.erase(each);
  }
  EXPECT_TRUE(kept.empty());
  for (void* each : taken) Keeping::give(each, 1'000);
}

TEST(FrameMemory, WhatAnotherThreadGivesIsThatThreads) {
  void* const frame = Keeping::take(640);
  void* again = nullptr;
  std::thread([&] {
    Keeping::give(frame, 640);
    again = Keeping::take(640);
  }).join();
  EXPECT_EQ(again, frame);
  Keeping::give(frame, 640);
  EXPECT_EQ(Keeping::take(640), frame);
  Keeping::give(frame, 640);
}

}  // namespace
}  // namespace tidings::detail
