// Journeys beside one that is suspected of killing the process.
#include "unit/delivery/journey_fixture.h"

namespace tidings::delivery {
namespace {

using store::TryVerdict;

struct JourneyIsolationTest : JourneyTest {
  static constexpr Millis soon{5'000};
  // Longer than the silence that a suspect waits for.
  static constexpr Millis aWhile{300};

  using Script = Task<void> (*)(JourneyIsolationTest& test, Journeys& journeys);
  void play(Script script) {
    const auto journeys = start();
    loop.run(script(*this, *journeys));
  }
  // Looks at each turn of a millisecond; fails when it does not come to hold.
  template <class Holds>
  static Task<void> until(JourneyIsolationTest& test, Holds holds) {
    const Deadline give = Deadline::after(test.clock, soon);
    while (!holds() && !give.passed(test.clock)) co_await sleepFor(test.loop, 1ms);
    EXPECT_TRUE(holds());
  }
  static queue::Incoming job(const std::string& id) {
    return message(R"({"id":")" + id +
                   R"(","type":"comment","recipient":"u1","title":"Hi","message":"There"})");
  }
  // Both are tried before either is alone.
  static void takeTogether(JourneyIsolationTest& test, Journeys& journeys, queue::Incoming a,
                           queue::Incoming b) {
    test.trying.shut = true;
    journeys.take(redelivered(std::move(a)));
    journeys.take(redelivered(std::move(b)));
    test.trying.letThrough = true;
  }
  std::vector<std::string> claimed() const {
    std::vector<std::string> ids;
    for (const store::JobClaim& claim : claims) ids.push_back(claim.notificationId);
    return ids;
  }
};

// A healthy suspect was blamed for the death that a new message caused beside it.
TEST_F(JourneyIsolationTest, WhatIsNewIsNotReadBesideOneThatIsAlone) {
  verdicts = {TryVerdict::alone, TryVerdict::go};
  play([](JourneyIsolationTest& test, Journeys& journeys) -> Task<void> {
    test.sending.shut = true;
    journeys.take(redelivered(job("suspect")));
    co_await until(test, [&] { return test.provider->sent.size() == 1; });
    journeys.take(job("new"));
    journeys.take(message("{ broken"));
    co_await sleepFor(test.loop, aWhile);
    EXPECT_EQ(test.claimed(), (std::vector<std::string>{"suspect"}));
    EXPECT_TRUE(test.published.empty());
    test.sending.letThrough = true;
    co_await journeys.join();
  });
  EXPECT_EQ(claimed(), (std::vector<std::string>{"suspect", "new"}));
  EXPECT_EQ(published.size(), 1u);
}

TEST_F(JourneyIsolationTest, ASuspectWaitsForWhatIsNewAndUnderWay) {
  verdicts = {TryVerdict::alone, TryVerdict::go};
  play([](JourneyIsolationTest& test, Journeys& journeys) -> Task<void> {
    test.sending.shut = true;
    journeys.take(job("new"));
    journeys.take(redelivered(job("suspect")));
    co_await sleepFor(test.loop, aWhile);
    EXPECT_EQ(test.tries.size(), 1u) << "it is not begun";
    test.sending.letThrough = true;
    co_await journeys.join();
  });
  EXPECT_EQ(tries.size(), 2u);
  EXPECT_EQ(claimed(), (std::vector<std::string>{"new", "suspect"}));
}

TEST_F(JourneyIsolationTest, ASuspectDoesNotWaitForWhatOnlyWaitsForItsConfirm) {
  verdicts = {TryVerdict::alone, TryVerdict::go};
  play([](JourneyIsolationTest& test, Journeys& journeys) -> Task<void> {
    test.publishing.shut = true;
    journeys.take(message("{ broken"));
    journeys.take(redelivered(job("suspect")));
    co_await until(test, [&] { return test.provider->sent.size() == 1; });
    test.publishing.letThrough = true;
    co_await journeys.join();
  });
}

TEST_F(JourneyIsolationTest, AStopLeavesWhatWaitsForASuspectToAnotherWorker) {
  verdicts = {TryVerdict::alone, TryVerdict::go};
  play([](JourneyIsolationTest& test, Journeys& journeys) -> Task<void> {
    test.sending.shut = true;
    journeys.take(redelivered(job("suspect")));
    co_await until(test, [&] { return test.provider->sent.size() == 1; });
    journeys.take(job("new"));
    journeys.take(redelivered(job("other")));
    test.stops.stopWork();
    test.sending.letThrough = true;
    co_await journeys.join();
  });
  EXPECT_EQ(claimed(), (std::vector<std::string>{"suspect"}));
  EXPECT_EQ(tries.size(), 2u);
}

// While its record was being written, it was seen by nobody.
TEST_F(JourneyIsolationTest, ASuspectWaitsForWhatIsAboutToBeTriedToo) {
  verdicts = {TryVerdict::alone, TryVerdict::go};
  play([](JourneyIsolationTest& test, Journeys& journeys) -> Task<void> {
    test.trying.shut = true;
    journeys.take(redelivered(job("slow")));
    test.trying.shut = false;
    journeys.take(redelivered(job("suspect")));
    co_await sleepFor(test.loop, aWhile);
    EXPECT_EQ(test.tries.size(), 2u);
    test.trying.letThrough = true;
    co_await journeys.join();
  });
  EXPECT_EQ(tries.size(), 3u);
  EXPECT_EQ(claimed(), (std::vector<std::string>{"slow", "suspect"}));
}

// Under a memory alarm all other suspects waited, for ever and unacked, though they publish
// nothing.
TEST_F(JourneyIsolationTest, WhatIsAloneLetsTheNextOneGoBeforeItPublishes) {
  verdicts = {TryVerdict::alone, TryVerdict::alone, TryVerdict::go, TryVerdict::go};
  provider->answer = OutcomeKind::permanent;
  play([](JourneyIsolationTest& test, Journeys& journeys) -> Task<void> {
    test.publishing.shut = true;
    takeTogether(test, journeys, job("a"), job("b"));
    co_await until(test, [&] { return test.provider->sent.size() == 2; });
    EXPECT_FALSE(test.acked);
    test.publishing.letThrough = true;
    co_await journeys.join();
  });
  EXPECT_EQ(published.size(), 2u);
}

TEST_F(JourneyIsolationTest, ButFirstWhatHasARecordStillIsPublishedAndAcked) {
  verdicts = {TryVerdict::alone, TryVerdict::alone, TryVerdict::go, TryVerdict::go};
  play([](JourneyIsolationTest& test, Journeys& journeys) -> Task<void> {
    test.publishing.shut = true;
    takeTogether(test, journeys, message("{ broken"), job("b"));
    co_await until(test, [&] { return test.steps.size() == 4; });
    co_await sleepFor(test.loop, aWhile);
    EXPECT_TRUE(test.claims.empty());
    test.publishing.letThrough = true;
    co_await journeys.join();
  });
  EXPECT_EQ(steps, (std::vector<std::string>{"try", "try", "try", "publish", "ack", "try", "claim",
                                             "settle", "ack"}));
}

}  // namespace
}  // namespace tidings::delivery
