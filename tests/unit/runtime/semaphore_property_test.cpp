// Random arrivals, departures and waits that lost their patience, against two lines and a count.
#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "runtime/one_shot.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"
#include "support/seeded.h"
#include "unit/runtime/manual_executor.h"

namespace tidings {
namespace {

struct Model {
  size_t places;
  std::set<int> inside = {};
  std::deque<int> urgent = {}, others = {};
  std::set<int> impatient = {};  // leave as soon as it is their turn

  void arrive(int who, bool isUrgent) {
    if (inside.size() < places) {
      inside.insert(who);
    } else {
      (isUrgent ? urgent : others).push_back(who);
    }
  }
  void leave(int who) {
    inside.erase(who);
    std::deque<int>& line = urgent.empty() ? others : urgent;
    if (line.empty()) return;
    const int next = line.front();
    line.pop_front();
    inside.insert(next);
    if (impatient.contains(next)) leave(next);
  }
};

struct Play {
  explicit Play(Dice& with) : dice(with) {}

  Dice& dice;
  ManualExecutor executor;
  Model model{static_cast<size_t>(dice.from(1, 4))};
  Semaphore semaphore{executor, model.places};
  std::set<int> inside, givenUp;
  std::map<int, std::unique_ptr<OneShot<bool>>> exits;
  int visitors = 0;
  Scope scope;

  // As http::Origin does it: who had to wait too long gives the place on at once.
  static Task<void> visit(Play& self, int who, bool urgent) {
    const Semaphore::Permit permit = co_await self.semaphore.acquire(urgent);
    if (self.givenUp.contains(who)) co_return;
    self.inside.insert(who);
    EXPECT_LE(self.inside.size(), self.model.places);
    OneShot<bool>& exit = *(self.exits[who] = std::make_unique<OneShot<bool>>(self.executor));
    co_await exit.wait();
    self.inside.erase(who);
  }

  void arrive() {
    const bool urgent = dice.chance(30);
    model.arrive(visitors, urgent);
    scope.spawn(visit(*this, visitors, urgent));
    ++visitors;
  }
  void leave() {
    if (inside.empty()) return;
    const int who =
        *std::next(inside.begin(), static_cast<std::ptrdiff_t>(dice.upTo(inside.size())));
    model.leave(who);
    exits.at(who)->set(true);
    executor.rest();
  }
  void loseSomebodysPatience() {
    const std::deque<int>& line = dice.chance(50) ? model.urgent : model.others;
    if (line.empty()) return;
    const int who = line[dice.upTo(line.size())];
    model.impatient.insert(who);
    givenUp.insert(who);
  }
  void step() {
    switch (dice.upTo(5)) {
      case 0:
      case 1:
        return arrive();
      case 2:
        return loseSomebodysPatience();
      default:
        return leave();
    }
  }
  void check() {
    ASSERT_EQ(inside, model.inside);
    ASSERT_EQ(semaphore.waiting(), model.urgent.size() + model.others.size());
    ASSERT_EQ(semaphore.available(), model.places - model.inside.size());
    ASSERT_TRUE(semaphore.available() == 0 || semaphore.waiting() == 0) << "a lost wake-up";
  }
};

TEST(SemaphoreProperty, NeverOverItsPlacesUrgentFirstAndNobodyForgotten) {
  playRounds(300, [](Dice& dice) {
    Play play(dice);
    for (int i = 0; i < 120 && !testing::Test::HasFatalFailure(); ++i) {
      play.step();
      play.check();
    }
    while (!play.inside.empty()) play.leave();
    EXPECT_EQ(play.scope.running(), 0u);
    EXPECT_EQ(play.semaphore.available(), play.model.places);
  });
}

// Several leave and arrive in one turn, before anybody who was let in has noticed.
TEST(SemaphoreProperty, WhoWasLetInButHasNotNoticedYetKeepsHisPlace) {
  playRounds(300, [](Dice& dice) {
    Play play(dice);
    for (int i = 0; i < 60; ++i) {
      for (int together = dice.from(1, 6); together > 0; --together) {
        const auto& in = play.inside;
        if (dice.chance(50) || in.empty()) {
          play.arrive();
        } else if (!play.exits.at(*in.begin())->isSet()) {
          play.model.leave(*in.begin());
          play.exits.at(*in.begin())->set(true);
          play.executor.turn();
        }
        EXPECT_LE(in.size(), play.model.places);
      }
      play.executor.rest();
      ASSERT_NO_FATAL_FAILURE(play.check());
    }
    while (!play.inside.empty()) play.leave();
    EXPECT_EQ(play.scope.running(), 0u);
  });
}

}  // namespace
}  // namespace tidings
