#include "runtime/batcher.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/clock.h"
#include "runtime/loop.h"

namespace tidings {
namespace {

using Numbers = Batcher<int, int>;

struct Fixture {
  SystemClock clock;
  Loop loop{clock};
  std::vector<std::vector<int>> flushes;
  std::vector<Result<int>> answers;
  Scope scope;

  static Task<void> submit(Fixture& self, Numbers& batcher, int item) {
    auto answer = co_await batcher.submit(item);
    self.answers.push_back(std::move(answer));
  }
  static Task<void> finish(Fixture& self, Numbers& batcher) {
    co_await self.scope.join();
    co_await batcher.join();
  }
  void feed(Numbers& batcher, int count) {
    for (int i = 0; i < count; ++i) scope.spawn(submit(*this, batcher, i));
  }
};

Task<Numbers::Answers> doubled(Fixture& self, const std::vector<int>& items) {
  self.flushes.push_back(items);
  co_await sleepFor(self.loop, Millis{2});
  std::vector<Result<int>> out;
  for (const int item : items) out.emplace_back(2 * item);
  co_return out;
}

TEST(Batcher, WhatWaitsWhileAFlushIsOutGoesIntoTheNext) {
  Fixture f;
  Numbers batcher(f.loop, {.maxItems = 100}, [&](const std::vector<int>& items) {
    if (f.flushes.empty()) f.loop.post([&] { f.feed(batcher, 50); });
    return doubled(f, items);
  });
  f.feed(batcher, 1);
  f.loop.run(Fixture::finish(f, batcher));
  ASSERT_EQ(f.flushes.size(), 2u);
  EXPECT_EQ(f.flushes[0].size(), 1u);
  EXPECT_EQ(f.flushes[1].size(), 50u);
}

TEST(Batcher, KeepsTheBoundAndTheOrder) {
  Fixture f;
  Numbers batcher(f.loop, {.maxItems = 10},
                  [&f](const std::vector<int>& items) { return doubled(f, items); });
  f.feed(batcher, 25);
  f.loop.run(Fixture::finish(f, batcher));
  ASSERT_EQ(f.flushes.size(), 3u);
  EXPECT_EQ(f.flushes[2].size(), 5u);
  for (int i = 0; i < 25; ++i) EXPECT_EQ(*f.answers[static_cast<size_t>(i)], 2 * i);
}

Task<Numbers::Answers> failEvenBatches(Fixture& self, const std::vector<int>& items) {
  self.flushes.push_back(items);
  if (self.flushes.size() % 2 == 1) co_return Error{ErrorKind::transient, "lost"};
  co_return std::vector<Result<int>>(items.begin(), items.end());
}

TEST(Batcher, AFailedFlushFailsExactlyItsOwnItems) {
  Fixture f;
  Numbers batcher(f.loop, {.maxItems = 5},
                  [&f](const std::vector<int>& items) { return failEvenBatches(f, items); });
  f.feed(batcher, 10);
  f.loop.run(Fixture::finish(f, batcher));
  ASSERT_EQ(f.answers.size(), 10u);
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(f.answers[i].ok(), i >= 5) << i;
}

TEST(Batcher, ARetriedFlushRepeatsTheSameItemsAlone) {
  Fixture f;
  Numbers batcher(f.loop,
                  {.maxItems = 5,
                   .maxOut = 1,
                   .retryAfter = [](const Error&, int) { return std::optional{Millis{1}}; }},
                  [&f](const std::vector<int>& items) { return failEvenBatches(f, items); });
  f.feed(batcher, 8);
  f.loop.run(Fixture::finish(f, batcher));
  ASSERT_EQ(f.flushes.size(), 4u);
  EXPECT_EQ(f.flushes[0], f.flushes[1]);
  EXPECT_EQ(f.flushes[2], f.flushes[3]);
  for (const auto& answer : f.answers) EXPECT_TRUE(answer.ok());
}

}  // namespace
}  // namespace tidings
