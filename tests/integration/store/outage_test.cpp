#include <stop_token>

#include "integration/store/database.h"
#include "runtime/loop_sleep.h"

namespace tidings::store {
namespace {

struct OutageTest : DatabaseTest {
  static constexpr std::string_view killSql =
      "select count(pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory' and "
      "classid = 1953063017 and objid = $1::bigint::oid";
  void killSessionsOf(const Member& member) {
    sql(killSql, {std::to_string(member.instance().value)});
  }
};

Task<void> claimAndSettle(Claims& claims, JobClaim job, int& wrong) {
  auto answer = co_await claims.claim(job);
  if (!answer.ok() || answer->front().verdict != Verdict::claimed) {
    ADD_FAILURE() << (answer.ok() ? toString(answer->front().verdict) : answer.error().message);
    ++wrong;
    co_return;
  }
  std::vector<Settlement> settlements;
  settlements.push_back(settlementOf(job, answer->front(), DeliveryState::dead));
  settlements.back().refundCaps.push_back(job.items[0].caps[0].name);
  const auto settled = co_await claims.settle(settlements);
  wrong += settled.ok() ? 0 : 1;
}

Task<void> killNowAndThen(pg::Connection& session, Loop& loop, std::string instance, Random& random,
                          const bool& finished, int& kills) {
  pg::Params params;
  params.text(std::move(instance));
  while (!finished) {
    co_await sleepFor(loop, random.between(Millis{1}, Millis{200}));
    const auto killed = co_await session.query(OutageTest::killSql, params,
                                               Deadline::after(loop.clock(), DatabaseTest::hang));
    if (killed.ok()) kills += static_cast<int>(killed->integer(0, 0));
  }
}

// Until enough was cut. Returns the number of jobs.
Task<int> feed(Claims& claims, OutageTest& test, int& wrong, const int& kills) {
  int round = 0;
  for (; round < 25 || kills < 30; ++round) {
    Scope scope;
    for (int i = 0; i < 20; ++i) {
      JobClaim job = jobFor(test.name("n" + std::to_string(round) + "." + std::to_string(i)),
                            test.name("r" + std::to_string(i)));
      job.items[0].caps.push_back({test.name("cap"), 1, Millis{3'600'000}, false});
      scope.spawn(claimAndSettle(claims, std::move(job), wrong));
    }
    co_await scope.join();
  }
  co_return 20 * round;
}

Task<int> storm(Claims& claims, OutageTest& test, pg::Connection& session, std::string instance,
                int& wrong, int& kills) {
  bool finished = false;
  Scope killer;
  killer.spawn(
      killNowAndThen(session, test.loop, std::move(instance), test.random, finished, kills));
  const int jobs = co_await feed(claims, test, wrong, kills);
  finished = true;
  co_await killer.join();
  co_return jobs;
}

// Sessions are killed at any instant, in the middle of commits too. Each job must be claimed by its
// one claim (never a duplicate of itself), settled, and its slot given back exactly once: the cap
// of one would refuse the next round otherwise, or let too many through.
TEST_F(OutageTest, SessionsKilledAtAnyInstantNeitherLoseNorRepeatAnything) {
  Member worker(*this);
  pg::Connection session(loop, {.url = url(), .purpose = "test"});
  session.start();
  int wrong = 0;
  int kills = 0;
  const int jobs = run(storm(worker.claims(), *this, session,
                             std::to_string(worker.instance().value), wrong, kills));
  run(session.close());
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(worker.claims().stats().batchRetries, 0u);
  const std::string count =
      "select count(*) || '/' || count(*) filter (where state = 'dead' and events is null) "
      "from tidings.log where recipient like 'r%' || $1";
  EXPECT_EQ(value(count, {name("")}), std::to_string(jobs) + "/" + std::to_string(jobs));
  EXPECT_EQ(
      value("select coalesce(sum(cardinality(slots)), 0) from tidings.cap_windows where cap = $1",
            {name("cap")}),
      "0");
}

Task<void> claimInto(Claims& claims, JobClaim job,
                     std::optional<Result<std::vector<ClaimAnswer>>>& to) {
  to.emplace(co_await claims.claim(job));
}

TEST_F(OutageTest, AClaimThatIsKilledWhileItWaitsForALockIsMadeAgain) {
  Member worker(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  sql("select pg_advisory_lock(hashtextextended($1, 0))", {job.recipient});
  std::optional<Result<std::vector<ClaimAnswer>>> answer;
  Scope scope;
  scope.spawn(claimInto(worker.claims(), job, answer));
  const auto waits = [&] {
    return value(
               "select count(*) from pg_locks where locktype = 'advisory' and not granted and "
               "(classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)",
               {job.recipient}) == "1";
  };
  for (int i = 0; i < 2'000 && !waits(); ++i) {
  }
  killSessionsOf(worker);
  sql("select pg_advisory_unlock(hashtextextended($1, 0))", {job.recipient});
  EXPECT_TRUE(until([&] { return answer.has_value(); }));
  ASSERT_TRUE(answer->ok());
  EXPECT_EQ((*answer)->front().verdict, Verdict::claimed);
}

// The server has the batch and does not answer in time: the session is closed, and the same batch
// made again on the next one waits for, and then recognises, whatever the first did.
TEST_F(OutageTest, ABatchThatIsNotAnsweredInTimeIsMadeAgain) {
  Member worker(*this, {.queryTimeout = Millis{100}});
  const JobClaim job = jobFor(name("n"), name("r"));
  sql("select pg_advisory_lock(hashtextextended($1, 0))", {job.recipient});
  std::optional<Result<std::vector<ClaimAnswer>>> answer;
  Scope scope;
  scope.spawn(claimInto(worker.claims(), job, answer));
  EXPECT_TRUE(until([&] { return worker.claims().stats().batchRetries >= 2; }));
  EXPECT_FALSE(answer.has_value());
  sql("select pg_advisory_unlock(hashtextextended($1, 0))", {job.recipient});
  EXPECT_TRUE(until([&] { return answer.has_value(); }));
  ASSERT_TRUE(answer->ok());
  EXPECT_EQ((*answer)->front().verdict, Verdict::claimed);
}

// In a database of its own, where a row takes as many seconds as its recipient's name says.
struct SlowTest : DatabaseTest {
  void SetUp() override {
    DatabaseTest::SetUp();
    database = makeDatabase();
    pg::Connection session(loop, {.url = database, .purpose = "test"});
    session.start();
    const auto migrated = run(migrate(session, soon()));
    ASSERT_TRUE(migrated.ok()) << migrated.error().message;
    const pg::Params none;
    for (const std::string_view text :
         {"create function slow() returns trigger language plpgsql as $$ begin "
          "perform pg_sleep(right(new.recipient, 3)::float8); return null; end $$",
          "create trigger slow after insert or update on tidings.log for each row "
          "execute function slow()"}) {
      const auto rows = run(session.query(text, none, soon()));
      ASSERT_TRUE(rows.ok()) << rows.error().message;
    }
    run(session.close());
  }

  std::string database;
};

Task<void> claimAndSend(Claims& claims, JobClaim job, int& sent) {
  auto answer = co_await claims.claim(job);
  if (!answer.ok() || answer->front().verdict != Verdict::claimed) co_return;
  std::vector<Settlement> settlements;
  settlements.push_back(settlementOf(job, answer->front(), DeliveryState::sent));
  const auto settled = co_await claims.settle(settlements);
  sent += settled.ok() ? 1 : 0;
}

// It was tried again for ever, in the same composition and in the same time.
TEST_F(SlowTest, ABatchThatNeedsMoreTimeThanItIsGivenGoesJobByJobAndThoseHaveMore) {
  std::stop_source stop;
  Member worker(*this, {.url = database, .stop = stop.get_token(), .queryTimeout = Millis{500}});
  int sent = 0;
  Scope scope;
  for (const char* recipient : {"a-0.2", "b-0.2", "c-0.2", "d-0.2", "e-1.2"}) {
    scope.spawn(claimAndSend(worker.claims(), jobFor("n", recipient), sent));
  }
  EXPECT_TRUE(until([&] { return sent == 5; }));
  stop.request_stop();
  constexpr auto join = [](Scope& all) -> Task<void> { co_await all.join(); };
  run(join(scope));
}

TEST_F(OutageTest, WhileTheDatabaseIsAwayClaimsWaitUntilTheStop) {
  std::stop_source stop;
  Claims claims(loop, {.url = "postgresql://tidings@127.0.0.1:1/tidings",
                       .instance = makeInstanceId(random),
                       .stop = stop.get_token(),
                       .queryTimeout = Millis{20}});
  claims.start();
  EXPECT_FALSE(claims.connected());
  std::optional<Result<std::vector<ClaimAnswer>>> answer;
  Scope scope;
  scope.spawn(claimInto(claims, jobFor(name("n"), name("r")), answer));
  EXPECT_TRUE(until([&] { return claims.stats().batchRetries >= 3; }));
  EXPECT_FALSE(answer.has_value());
  stop.request_stop();
  EXPECT_TRUE(until([&] { return answer.has_value(); }, Millis{3'000}));
  ASSERT_FALSE(answer->ok());
  EXPECT_EQ(answer->error().kind, ErrorKind::cancelled);
  run(claims.close());
}

TEST_F(OutageTest, AJobThatTheDatabaseCannotHoldHoldsUpNobodyElse) {
  Member worker(*this);
  std::optional<Result<std::vector<ClaimAnswer>>> good, nul, broken;
  Scope scope;
  scope.spawn(claimInto(worker.claims(), jobFor(name("n"), std::string("a\0b", 3)), nul));
  scope.spawn(claimInto(worker.claims(), jobFor(name("n"), "\xff\xfe" + name("r")), broken));
  scope.spawn(claimInto(worker.claims(), jobFor(name("n"), name("r")), good));
  EXPECT_TRUE(until([&] { return good && nul && broken; }));
  EXPECT_TRUE(good->ok());
  ASSERT_FALSE(nul->ok());
  EXPECT_EQ(nul->error().kind, ErrorKind::invalid);
  ASSERT_FALSE(broken->ok());
  EXPECT_EQ(broken->error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace tidings::store
