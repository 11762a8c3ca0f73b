#include "runtime/batcher.h"

#include "base/clock.h"
#include "bench.h"
#include "runtime/loop.h"

namespace tidings::bench {
namespace {

using Numbers = Batcher<int, int>;
constexpr int items = 100;

Task<Numbers::Answers> echo(const std::vector<int>& batch) {
  co_return std::vector<Result<int>>(batch.begin(), batch.end());
}

struct Batching {
  SystemClock clock;
  Loop loop{clock};
  Scope scope;
  Numbers batcher{loop, {.maxItems = items}, echo};

  static Task<void> submit(Batching& self, int item) {
    keep(need(co_await self.batcher.submit(item)));
  }
  static Task<void> join(Batching& self) {
    co_await self.scope.join();
    co_await self.batcher.join();
  }
  void flushOnce() {
    for (int i = 0; i < items; ++i) scope.spawn(submit(*this, i));
    loop.run(join(*this));
  }
};

const Bench batch("batcher/100 items", []() -> Body {
  return [batching = std::make_shared<Batching>()] { batching->flushOnce(); };
});

}  // namespace
}  // namespace tidings::bench
