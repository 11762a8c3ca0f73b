// Natural batching: what waits while the last flush is out goes into the next one. An idle batcher
// flushes a single item at the end of the turn it came in, a busy one flushes up to maxItems at
// once, with the same code and no timer. Loop thread only; join() before it dies.
//
// A flush answers for each of its items, in order. A flush that fails as a whole fails exactly its
// own items, unless `retryAfter` names a delay: then the same items are flushed again, alone and in
// the same composition (so that a statement keyed by its items can recognise itself), while later
// items wait.
#pragma once

#include <algorithm>
#include <cassert>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/executor.h"
#include "runtime/loop_sleep.h"
#include "runtime/one_shot.h"
#include "runtime/scope.h"
#include "runtime/task.h"

namespace tidings {

template <class In, class Out>
class Batcher {
 public:
  using Answers = Result<std::vector<Result<Out>>>;
  // The items stay alive and unchanged until the task ends.
  using Flush = std::function<Task<Answers>(const std::vector<In>& items)>;

  struct Options {
    size_t maxItems = 100;
    size_t maxOut = 1;  // flushes out at the same time
    // After the n-th failure (from 1) of a whole flush: wait this long and flush again, or give up.
    std::function<std::optional<Millis>(const Error&, int failures)> retryAfter = {};
  };

  Batcher(Executor& executor, Options options, Flush flush)
      : executor_(executor), options_(std::move(options)), flush_(std::move(flush)) {}

  Task<Result<Out>> submit(In item) {
    OneShot<Result<Out>> answer(executor_);
    waiting_.push_back({std::move(item), &answer});
    schedule();
    co_return co_await answer.wait();  // bounded by the flush's own deadlines
  }

  size_t waiting() const { return waiting_.size(); }
  size_t out() const { return out_; }
  auto join() { return scope_.join(); }

 private:
  struct Entry {
    In item;
    OneShot<Result<Out>>* answer;
  };

  // At the end of the turn, so that all that arrives in one turn shares a flush.
  void schedule() {
    if (scheduled_ || out_ >= options_.maxOut || waiting_.empty()) return;
    scheduled_ = true;
    executor_.post([this] {
      scheduled_ = false;
      start();
    });
  }

  void start() {
    while (out_ < options_.maxOut && !waiting_.empty()) {
      const size_t count = std::min(waiting_.size(), options_.maxItems);
      std::vector<In> items;
      std::vector<OneShot<Result<Out>>*> shots;
      items.reserve(count);
      shots.reserve(count);
      for (size_t i = 0; i < count; ++i) {
        items.push_back(std::move(waiting_.front().item));
        shots.push_back(waiting_.front().answer);
        waiting_.pop_front();
      }
      ++out_;
      scope_.spawn(run(*this, std::move(items), std::move(shots)));
    }
  }

  static Task<void> run(Batcher& self, std::vector<In> items,
                        std::vector<OneShot<Result<Out>>*> shots) {
    Answers answers = co_await self.flush_(items);
    for (int failures = 1; !answers.ok() && self.options_.retryAfter; ++failures) {
      const auto wait = self.options_.retryAfter(answers.error(), failures);
      if (!wait) break;
      co_await sleepFor(self.executor_, *wait);
      answers = co_await self.flush_(items);
    }
    --self.out_;
    settle(std::move(answers), shots);
    self.schedule();
  }

  static void settle(Answers answers, const std::vector<OneShot<Result<Out>>*>& shots) {
    assert(!answers.ok() || answers->size() == shots.size());
    for (size_t i = 0; i < shots.size(); ++i) {
      if (answers.ok()) {
        shots[i]->set(std::move((*answers)[i]));
      } else {
        shots[i]->set(answers.error());
      }
    }
  }

  Executor& executor_;
  Options options_;
  Flush flush_;
  std::deque<Entry> waiting_;
  size_t out_ = 0;
  bool scheduled_ = false;
  Scope scope_;
};

}  // namespace tidings
