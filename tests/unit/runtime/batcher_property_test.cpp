// Random submissions, flushes that end in any order and any way, and a model that knows only the
// order of the items.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "runtime/batcher.h"
#include "support/seeded.h"
#include "unit/runtime/manual_executor.h"

namespace tidings {
namespace {

using Numbers = Batcher<int, int>;
using Gate = OneShot<Numbers::Answers>;

struct Play {
  explicit Play(Dice& with) : dice(with) {}

  Dice& dice;
  ManualExecutor executor;
  const size_t maxItems = static_cast<size_t>(dice.from(1, 6));
  const size_t maxOut = static_cast<size_t>(dice.from(1, 3));
  const int tries = dice.from(1, 3);  // of a flush that fails
  int submitted = 0;
  std::vector<int> flushed;                   // in the order of first flushes
  std::map<int, std::optional<int>> answers;  // nullopt: an error
  struct Out {
    std::vector<int> items;
    std::unique_ptr<Gate> gate;
    int failures = 0;
  };
  std::vector<Out> out;
  std::map<int, std::optional<int>> owed;  // what the flushes answered for each item
  Scope scope;
  Numbers batcher{executor,
                  {.maxItems = maxItems,
                   .maxOut = maxOut,
                   .retryAfter = [this](const Error&, int failures) -> std::optional<Millis> {
                     if (failures >= tries) return std::nullopt;
                     return Millis{5};
                   }},
                  [this](const std::vector<int>& items) { return flush(*this, items); }};

  static Task<Numbers::Answers> flush(Play& self, const std::vector<int>& items) {
    EXPECT_LE(items.size(), self.maxItems);
    Out* mine = self.repeated(items);
    if (mine == nullptr) {
      self.flushed.insert(self.flushed.end(), items.begin(), items.end());
      mine = &self.out.emplace_back(Out{items, nullptr});
    }
    EXPECT_EQ(mine->items, items) << "a repeat has the same composition";
    EXPECT_LE(self.out.size(), self.maxOut);
    mine->gate = std::make_unique<Gate>(self.executor);
    Gate& gate = *mine->gate;
    co_return co_await gate.wait();
  }
  Out* repeated(const std::vector<int>& items) {
    for (Out& each : out) {
      if (each.items.front() == items.front()) return &each;
    }
    return nullptr;
  }

  static Task<void> submitOne(Play& self, int item) {
    const auto answer = co_await self.batcher.submit(item);
    EXPECT_FALSE(self.answers.contains(item)) << "answered twice";
    self.answers[item] = answer.ok() ? std::optional(*answer) : std::nullopt;
  }
  void submit(int count) {
    for (int i = 0; i < count; ++i) scope.spawn(submitOne(*this, submitted++));
  }

  // Fails as a whole, or answers for each item by itself.
  void end(bool mayFail) {
    std::vector<Out*> waiting;
    for (Out& each : out) {
      if (each.gate && !each.gate->isSet()) waiting.push_back(&each);
    }
    if (waiting.empty()) return;
    Out& one = *dice.oneOf(waiting);
    const auto gate = std::move(one.gate);
    if (mayFail && dice.chance(30)) {
      const bool last = ++one.failures == tries;
      for (const int item : one.items) owed[item] = std::nullopt;
      if (last) forget(one);
      gate->set(Error{ErrorKind::transient, "lost"});
    } else {
      gate->set(answersFor(one.items, mayFail));
      forget(one);
    }
    executor.rest();
  }
  Numbers::Answers answersFor(const std::vector<int>& items, bool mayFail) {
    std::vector<Result<int>> all;
    for (const int item : items) {
      const bool fails = mayFail && dice.chance(20);
      owed[item] = fails ? std::nullopt : std::optional(2 * item);
      if (fails) {
        all.emplace_back(Error{ErrorKind::invalid, "this one"});
      } else {
        all.emplace_back(2 * item);
      }
    }
    return all;
  }
  void forget(const Out& one) {
    std::erase_if(out, [&](const Out& each) { return &each == &one; });
  }

  void step() {
    switch (dice.upTo(5)) {
      case 0:
        return submit(dice.from(1, 12));
      case 1:
        return executor.turn();
      case 2:
        return executor.advance(Millis{dice.from(1, 6)});
      default:
        return end(true);
    }
  }
  void check() {
    executor.rest();
    EXPECT_TRUE(batcher.waiting() == 0 || batcher.out() == maxOut) << "something waits for nothing";
    ASSERT_LE(flushed.size(), static_cast<size_t>(submitted));
    for (size_t i = 0; i < flushed.size(); ++i) ASSERT_EQ(flushed[i], static_cast<int>(i));
    EXPECT_EQ(flushed.size() + batcher.waiting(), static_cast<size_t>(submitted));
  }
  void finish() {
    for (int i = 0; i < 10'000 && scope.running() > 0; ++i) {
      end(false);
      executor.advance(Millis{5});
      executor.rest();
    }
    ASSERT_EQ(scope.running(), 0u) << "a submission was never answered";
    EXPECT_EQ(answers.size(), static_cast<size_t>(submitted));
    EXPECT_EQ(answers, owed);
  }
};

TEST(BatcherProperty, EachItemIsFlushedOnceInItsOrderAndGetsItsOwnAnswer) {
  playRounds(300, [](Dice& dice) {
    Play play(dice);
    for (int i = 0; i < 60 && !testing::Test::HasFatalFailure(); ++i) {
      play.step();
      if (dice.chance(50)) play.check();
    }
    play.finish();
  });
}

}  // namespace
}  // namespace tidings
