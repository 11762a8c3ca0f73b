#include "http/places.h"

#include <gtest/gtest.h>

#include "runtime/loop.h"
#include "runtime/scope.h"

namespace tidings::http {
namespace {

using namespace std::chrono_literals;

struct PlacesTest : testing::Test {
  ManualClock clock;
  Loop loop{clock};
  Places places{loop, 1};

  Deadline in(Millis wait) const { return Deadline::after(clock, wait); }

  // Asks for the one place while another holds it for so long.
  Places::Place takeAfter(Millis held, Deadline deadline) {
    constexpr auto take = [](Places& from, Deadline by, Places::Place& into) -> Task<void> {
      into = co_await from.take(false, by);
    };
    constexpr auto joined = [](Scope& scope) -> Task<void> { co_await scope.join(); };
    Places::Place first{.deadline = deadline}, second{.deadline = deadline};
    Scope scope;
    scope.spawn(take(places, deadline, first));
    scope.spawn(take(places, deadline, second));
    clock.advance(held);
    first.permit = {};
    loop.run(joined(scope));
    return second;
  }
  Places::Place takeFree(Deadline deadline) {
    constexpr auto take = [](Places& from, Deadline by) -> Task<Places::Place> {
      co_return co_await from.take(false, by);
    };
    return loop.run(take(places, deadline));
  }
};

TEST_F(PlacesTest, AFreeOneIsTakenAtOnceAndLeavesTheDeadline) {
  const Deadline deadline = in(10s);
  const auto place = takeFree(deadline);
  EXPECT_FALSE(place.late);
  EXPECT_EQ(place.deadline.when(), deadline.when());
}

TEST_F(PlacesTest, TheTimeLeftBeginsAnewWithThePlace) {
  const Deadline deadline = in(10s);
  const auto place = takeAfter(1500ms, deadline);
  EXPECT_FALSE(place.late);
  EXPECT_EQ(place.deadline.when(), deadline.when() + 1500ms);
}

TEST_F(PlacesTest, ComesTooLateWhenPatienceOrTheDeadlineIsOver) {
  EXPECT_TRUE(takeAfter(placePatience, in(10s)).late);
  EXPECT_TRUE(takeAfter(100ms, in(100ms)).late);
  EXPECT_TRUE(takeFree(in(0ms)).late);
}

}  // namespace
}  // namespace tidings::http
