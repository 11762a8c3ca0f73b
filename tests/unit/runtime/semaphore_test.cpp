#include "runtime/semaphore.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/loop.h"
#include "runtime/scope.h"

namespace tidings {
namespace {

struct SemaphoreTest : testing::Test {
  SystemClock clock;
  Loop loop{clock};
  Semaphore places{loop, 1};
  std::string order;

  static Task<void> enter(SemaphoreTest& self, char name, bool urgent) {
    const Semaphore::Permit permit = co_await self.places.acquire(urgent);
    self.order += name;
  }
  static Task<void> joined(Scope& scope) { co_await scope.join(); }
};

TEST_F(SemaphoreTest, LetsTheUrgentGoFirstAndTheOthersInTheirOrder) {
  Scope scope;
  {
    const Semaphore::Permit held = loop.run([](Semaphore& all) -> Task<Semaphore::Permit> {
      co_return co_await all.acquire();
    }(places));
    for (const char name : {'a', 'b'}) scope.spawn(enter(*this, name, false));
    for (const char name : {'X', 'Y'}) scope.spawn(enter(*this, name, true));
    EXPECT_EQ(places.waiting(), 4U);
  }
  loop.run(joined(scope));
  EXPECT_EQ(order, "XYab");
  EXPECT_EQ(places.available(), 1U);
}

}  // namespace
}  // namespace tidings
