#include "store/tries.h"

#include "integration/store/database.h"
#include "store/leftovers.h"

namespace tidings::store {
namespace {

struct TriesTest : DatabaseTest {
  // Of this test alone.
  int64_t hash() { return hash_; }
  TryVerdict begin(Member& worker, bool alone = false) {
    const auto verdict = run(worker.claims().beginTry({.hash = hash_, .alone = alone}));
    EXPECT_TRUE(verdict.ok());
    return verdict.ok() ? *verdict : TryVerdict::busy;
  }
  void dieWith(bool alone, TryVerdict expected) {
    Member worker(*this);
    EXPECT_EQ(begin(worker, alone), expected);
    worker.leave();
  }
  std::string record() {
    return value("select coalesce(max(deaths)::text, 'none') from tidings.tries where hash = $1",
                 {std::to_string(hash_)});
  }
  // Nobody is told when the record has ended.
  void expectEnded() {
    const Deadline give = soon();
    while (record() != "none" && !give.passed(clock.clock())) {
    }
    EXPECT_EQ(record(), "none");
  }
  int64_t hash_ = static_cast<int64_t>(random.bits());
};

TEST_F(TriesTest, TheThirdDeathIsPoison) {
  dieWith(false, TryVerdict::go);     // the first death was before any record
  dieWith(false, TryVerdict::alone);  // waiting in line, it is no suspect of this death
  EXPECT_EQ(record(), "0");
  dieWith(true, TryVerdict::go);
  EXPECT_EQ(record(), "1");
  dieWith(false, TryVerdict::poison);
  dieWith(true, TryVerdict::poison);  // nor is it tried again when its letter was not published
  Member worker(*this);
  EXPECT_EQ(begin(worker), TryVerdict::poison);
  worker.claims().endTry(hash());
  expectEnded();
}

// See TakeoverTest: here the message stayed with the worker, unacknowledged, until that ended.
TEST_F(TriesTest, WhilePartitionsAreMaintainedDeathsAreCountedAsEver) {
  dieWith(false, TryVerdict::go);
  sql("select pg_advisory_lock(1953063017, -1)");
  dieWith(false, TryVerdict::alone);
  dieWith(true, TryVerdict::go);
  EXPECT_EQ(record(), "1");
  sql("select pg_advisory_unlock(1953063017, -1)");
}

TEST_F(TriesTest, WhateverTheServerRefusesIsAskedAgain) {
  sql("alter function tidings.begin_tries rename to begin_tries_away");
  sql("create function tidings.begin_tries(int, bigint, bigint[], boolean[]) "
      "returns table (o_item int, o_verdict int) language plpgsql as "
      "$$ begin raise 'refused' using errcode = 'numeric_value_out_of_range'; end $$");
  Member worker(*this);
  std::optional<TryVerdict> verdict;
  const auto ask = [](Member& of, int64_t hash, std::optional<TryVerdict>& into) -> Task<void> {
    const auto answer = co_await of.claims().beginTry({.hash = hash});
    if (answer.ok()) into = *answer;
  };
  Scope asking;
  asking.spawn(ask(worker, hash(), verdict));
  EXPECT_TRUE(until([&] { return worker.claims().stats().batchRetries >= 2; }));
  EXPECT_FALSE(verdict);
  sql("drop function tidings.begin_tries");
  sql("alter function tidings.begin_tries_away rename to begin_tries");
  EXPECT_TRUE(until([&] { return verdict.has_value(); }));
  EXPECT_EQ(verdict, TryVerdict::go);
  run([](Scope& scope) -> Task<void> { co_await scope.join(); }(asking));
}

TEST_F(TriesTest, WhatALivingWorkerTriesIsBusyForOthersAndGoesOnForItself) {
  Member owner(*this), other(*this);
  EXPECT_EQ(begin(owner), TryVerdict::go);
  EXPECT_EQ(begin(other), TryVerdict::busy);
  EXPECT_EQ(begin(other, true), TryVerdict::busy);
  EXPECT_EQ(begin(owner), TryVerdict::go);
  EXPECT_EQ(record(), "0");
}

TEST_F(TriesTest, OnlyTheOwnerEndsItsRecord) {
  Member owner(*this), other(*this);
  begin(owner);
  other.claims().endTry(hash());
  EXPECT_EQ(begin(other), TryVerdict::busy) << "after the end, on the same session";
  owner.claims().endTry(hash());
  expectEnded();
}

TEST_F(TriesTest, ASuspectThatComesBackToTheSameWorkerStaysAlone) {
  dieWith(false, TryVerdict::go);
  Member worker(*this);
  EXPECT_EQ(begin(worker, true), TryVerdict::go);
  EXPECT_EQ(begin(worker), TryVerdict::alone);
  EXPECT_EQ(begin(worker, true), TryVerdict::go);
  EXPECT_EQ(record(), "1") << "nobody died";
}

TEST_F(TriesTest, TheSameBytesTwiceInOneBatchAreOne) {
  dieWith(false, TryVerdict::go);
  Member worker(*this);
  Scope scope;
  std::vector<TryVerdict> verdicts;
  constexpr auto ask = [](Member& member, Try attempt, std::vector<TryVerdict>& out) -> Task<void> {
    const auto verdict = co_await member.claims().beginTry(attempt);
    if (verdict.ok()) out.push_back(*verdict);
  };
  for (const bool alone : {false, true}) {
    scope.spawn(ask(worker, {.hash = hash(), .alone = alone}, verdicts));
  }
  constexpr auto join = [](Scope& all) -> Task<void> { co_await all.join(); };
  run(join(scope));
  EXPECT_EQ(verdicts, (std::vector<TryVerdict>{TryVerdict::alone, TryVerdict::go}));
  EXPECT_EQ(record(), "1");
}

TEST_F(TriesTest, ARecordEndsInTheCommitOfItsClaim) {
  Member worker(*this);
  begin(worker);
  JobClaim tried = jobFor(name("n"), name("r"));
  tried.redelivered = true;
  tried.tried = hash();
  const auto answers = worker.claimAll({jobFor(name("m"), name("r")), tried});
  EXPECT_EQ(answers[0][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[1][0].verdict, Verdict::claimed);
  EXPECT_EQ(record(), "none");
}

// Nor does it tell of a death that the log doesn't tell of: nothing is sent of these.
TEST_F(TriesTest, WhereNothingIsToBeSentARecordOutlivesItsClaim) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::dead)});
  begin(worker);
  job.redelivered = true;
  job.tried = hash();
  const auto answers = worker.claimAll({jobFor(name("m"), name("r")), job});
  EXPECT_EQ(answers[1][0].verdict, Verdict::followUp);
  EXPECT_FALSE(endsRecord(answers[1]));
  EXPECT_EQ(record(), "0");
  JobClaim twice = job;
  twice.items.push_back({.target = {"push", "device-2"}, .skip = {}, .caps = {}});
  const auto both = worker.claimAll({twice});
  EXPECT_EQ(both[0][1].verdict, Verdict::claimed);
  EXPECT_TRUE(endsRecord(both[0]));
  EXPECT_EQ(record(), "none");
}

// It counted as a death of the worker, which had only stopped.
TEST_F(TriesTest, ARecordEndsAfterAStopToo) {
  std::stop_source stop;
  Member worker(*this, {.url = url(), .instance = {}, .stop = stop.get_token()});
  begin(worker);
  stop.request_stop();
  worker.claims().endTry(hash());
  worker.leave();
  EXPECT_EQ(record(), "none");
}

TEST_F(TriesTest, AnswersAreTheSameWhenTheStatementRunsAgain) {
  dieWith(false, TryVerdict::go);
  Member worker(*this);
  const auto ask = [&] {
    return value("select o_verdict from tidings.begin_tries($1::int, 0, array[$2::bigint], '{t}')",
                 {std::to_string(worker.instance().value), std::to_string(hash())});
  };
  EXPECT_EQ(ask(), "0");
  EXPECT_EQ(ask(), "0");
  EXPECT_EQ(record(), "1");
}

TEST_F(TriesTest, AfterARestartOfTheServerOwnersCountAsAliveForAWhile) {
  dieWith(false, TryVerdict::go);
  Claims patient(
      loop,
      {.url = url(), .instance = makeInstanceId(random), .restartGrace = std::chrono::days{9999}});
  patient.start();
  const auto verdict = run(patient.beginTry({.hash = hash(), .alone = true}));
  EXPECT_TRUE(verdict.ok() && *verdict == TryVerdict::busy);
  run(patient.close());
}

TEST_F(TriesTest, WhoLostItsSessionWaitsForTheOthersToComeBackToo) {
  dieWith(false, TryVerdict::go);
  Member worker(*this);
  worker.loseSessions();
  EXPECT_EQ(begin(worker, true), TryVerdict::busy);
  clock.jump(Millis{10'001});
  EXPECT_EQ(begin(worker, true), TryVerdict::go);
  EXPECT_EQ(record(), "1");
}

TEST_F(TriesTest, TwoWorkersThatShareARedeliveredSetDoNotHinderEachOther) {
  Member a(*this), b(*this);
  Scope scope;
  int go = 0, busy = 0;
  constexpr auto ask = [](Member& member, int64_t hash, int& gone, int& met) -> Task<void> {
    const auto verdict = co_await member.claims().beginTry({.hash = hash});
    EXPECT_TRUE(verdict.ok());
    ++(verdict.ok() && *verdict == TryVerdict::go ? gone : met);
  };
  for (int i = 0; i < 500; ++i) {
    scope.spawn(ask(a, hash() + i, go, busy));
    scope.spawn(ask(b, hash() + 499 - i, go, busy));
  }
  constexpr auto join = [](Scope& all) -> Task<void> { co_await all.join(); };
  run(join(scope));
  EXPECT_EQ(go, 500);
  EXPECT_EQ(busy, 500);
  EXPECT_EQ(a.claims().stats().batchRetries + b.claims().stats().batchRetries, 0u);
}

TEST_F(TriesTest, OldRecordsAreSweptAway) {
  pg::Connection session(loop, {.url = url(), .purpose = "test"});
  session.start();
  Member worker(*this);
  begin(worker);
  const auto sweep = [&] {
    const Status swept = run(sweepLeftovers(session, clock.clock(), std::chrono::days{3650}, hang));
    EXPECT_TRUE(swept.ok()) << swept.error().message;
  };
  sweep();
  EXPECT_EQ(record(), "0");
  sql("update tidings.tries set at = at - interval '3651 days' where hash = $1",
      {std::to_string(hash())});
  sweep();
  EXPECT_EQ(record(), "none");
  run(session.close());
}

}  // namespace
}  // namespace tidings::store
