#include "store/partitions.h"

#include "integration/store/database.h"
#include "store/leftovers.h"

namespace tidings::store {
namespace {

// In a database of its own: others must not lose their partitions.
struct PartitionTest : DatabaseTest {
  void SetUp() override {
    DatabaseTest::SetUp();
    database = makeDatabase();
    session = std::make_unique<pg::Connection>(
        loop, pg::ConnectionOptions{.url = database, .purpose = "test"});
    session->start();
    const auto migrated = run(migrate(*session, soon()));
    ASSERT_TRUE(migrated.ok()) << migrated.error().message;
  }
  void TearDown() override {
    run(session->close());
    DatabaseTest::TearDown();
  }
  pg::Rows here(std::string_view text) {
    const pg::Params none;
    auto rows = run(session->query(text, none, soon()));
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() ? std::move(*rows) : pg::Rows{};
  }
  PartitionChanges maintain(int days = 7) {
    const auto changes = run(maintainPartitions(*session, std::chrono::days{days}, soon()));
    EXPECT_TRUE(changes.ok()) << changes.error().message;
    return changes.ok() ? *changes : PartitionChanges{};
  }
  void sweep() {
    const Status swept = run(sweepLeftovers(*session, clock.clock(), std::chrono::days{7}, hang));
    EXPECT_TRUE(swept.ok()) << swept.error().message;
  }
  void insertOldWindows(const std::string& recipient, int count) {
    here("insert into tidings.cap_windows (recipient, cap, window_ms, slots) select '" + recipient +
         "' || n, 'c', 1000, '{1}' from generate_series(1, " + std::to_string(count) + ") n");
  }
  // What the statement locks is held until end().
  std::unique_ptr<pg::Connection> inTransaction(std::string_view statement) {
    auto holder = std::make_unique<pg::Connection>(
        loop, pg::ConnectionOptions{.url = database, .purpose = "test"});
    holder->start();
    const pg::Params none;
    for (const std::string_view text : {std::string_view("begin"), statement}) {
      const auto rows = run(holder->query(text, none, soon()));
      EXPECT_TRUE(rows.ok()) << rows.error().message;
    }
    return holder;
  }
  void end(pg::Connection& transaction) {
    const pg::Params none;
    EXPECT_TRUE(run(transaction.query("rollback", none, soon())).ok());
    run(transaction.close());
  }
  std::string windows() {
    return std::string(
        here("select string_agg(recipient, ',' order by recipient) from tidings.cap_windows")
            .text(0, 0));
  }

  std::string database;
  std::unique_ptr<pg::Connection> session;
};

TEST_F(PartitionTest, AreMadeAheadAndOnlyOnce) {
  EXPECT_EQ(maintain().made, 6);  // last week, this one, four to come
  EXPECT_EQ(maintain().made, 0);
  EXPECT_EQ(here("select count(*) from pg_inherits where inhparent = 'tidings.log'::regclass")
                .integer(0, 0),
            6);
}

TEST_F(PartitionTest, AreDroppedWhenEverythingInThemIsOlderThanTheRetention) {
  maintain();
  here(
      "select tidings.create_partition(tidings.week_of(tidings.today() - 7 * n)) "
      "from generate_series(2, 5) n");
  EXPECT_EQ(maintain(21).dropped, 2);
  EXPECT_EQ(maintain(7).dropped, 2);
  EXPECT_EQ(maintain(7).dropped, 0);
  EXPECT_EQ(
      here("select to_regclass('tidings.log_' || to_char(tidings.week_of(tidings.today() - 7),"
           " 'YYYYMMDD')) is not null")
          .text(0, 0),
      "t");
}

TEST_F(PartitionTest, OneThatSomebodyReadsIsDroppedAnotherTime) {
  maintain();
  here("select tidings.create_partition(tidings.week_of(tidings.today() - 70))");
  pg::Connection reader(loop, {.url = database, .purpose = "test"});
  reader.start();
  const pg::Params none;
  // A transaction that goes on: its statement sleeps until it is cancelled.
  std::optional<bool> ended;
  Scope scope;
  constexpr auto read = [](pg::Connection& on, const pg::Params& params, Deadline deadline,
                           std::optional<bool>& end) -> Task<void> {
    const auto rows =
        co_await on.query("select count(*), pg_sleep(60) from tidings.log", params, deadline);
    end = rows.ok();
  };
  scope.spawn(read(reader, none, soon(), ended));
  while (here("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = "
              "current_database()")
             .integer(0, 0) == 0) {
  }
  EXPECT_EQ(maintain().dropped, 0);
  here(
      "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and "
      "datname = current_database()");
  EXPECT_TRUE(until([&] { return ended.has_value(); }));
  EXPECT_EQ(maintain().dropped, 1);
  run(reader.close());
}

// The journal of a new week was counted while it was small: settling went through all of it for
// each batch, until it was counted again.
TEST_F(PartitionTest, SettlingReadsItsOwnRowsOnlyHoweverSmallTheJournalWasWhenItWasCounted) {
  maintain();
  const auto insert = [&](std::string_view numbers) {
    here(
        "insert into tidings.log (day, address_hash, token, created_at, updated_at, owner, attempt,"
        " takeovers, priority, state, notification_id, recipient, type, channel, address)"
        " select tidings.today(), hashtextextended('a', 0), n, now(), now(), 1, 0, 0, 2, 'sending',"
        " 'job-'||n, 'u', 't', 'push', 'a' from generate_series" +
        std::string(numbers) + " n");
  };
  insert("(1, 1)");
  here("vacuum analyze tidings.log");
  insert("(2, 2000)");
  here("begin");
  here(
      "select tidings.settle(array_agg(tidings.today() - date '1970-01-01'),"
      " array_agg(n::bigint), array_agg('job-'||n), array_agg('u'::text),"
      " array_agg('push'::text), array_agg('a'::text), array_agg('sent'::text),"
      " array_agg(1), array_agg(null::bigint), array_agg(null::text),"
      " array_agg(null::text), array_agg(null::text), array_agg(null::text),"
      " '{}', '{}', '{}', '{}', '{}') from generate_series(1001, 1050) n");
  EXPECT_LE(here("select sum(idx_tup_fetch)::int from pg_stat_xact_user_tables"
                 " where relname ~ '^log_[0-9]'")
                .integer(0, 0),
            200);
  EXPECT_EQ(here("select count(*)::int from tidings.log where state = 'sent'").integer(0, 0), 50);
  here("rollback");
}

// The same of cap windows, when they were written by an UPDATE that joins them.
TEST_F(PartitionTest, ClaimingReadsItsOwnWindowsOnlyHoweverFewTheyWereWhenTheyWereCounted) {
  maintain();
  const auto insert = [&](std::string_view numbers) {
    here("insert into tidings.cap_windows select 'u'||n, 'c', 1000, '{1}' from generate_series" +
         std::string(numbers) + " n");
  };
  insert("(1, 1)");
  here("vacuum analyze tidings.cap_windows");
  insert("(2, 2000)");
  here("begin");
  here(
      "select tidings.claim(1, 7, 30, 0, '{n}', '{u1000}', '{t}', '{push}', '{a}', '{0}', '{2}',"
      " '{0}', '{null}', array['{c}'], '{1}', '{u1000}', '{c}', '{5}', '{1000}', '{false}',"
      " '{true}')");
  EXPECT_LE(here("select idx_tup_fetch::int from pg_stat_xact_user_tables"
                 " where relname = 'cap_windows'")
                .integer(0, 0),
            10);
  EXPECT_EQ(here("select cardinality(slots) from tidings.cap_windows where recipient = 'u1000'")
                .integer(0, 0),
            1);
  here("rollback");
}

TEST_F(PartitionTest, ADuplicateIsFoundAcrossTheBoundary) {
  maintain();
  Member worker(*this, {.url = database});
  const JobClaim job = jobFor("n", "r");
  const ClaimAnswer first = worker.claim(job);
  worker.settle({settlementOf(job, first, DeliveryState::sent)});
  here("update tidings.log set day = day - 7, created_at = created_at - interval '7 days'");
  EXPECT_EQ(here("select count(*) from tidings.log").integer(0, 0), 1);
  EXPECT_EQ(worker.claim(job).verdict, Verdict::duplicate);
  JobClaim redelivered = job;
  redelivered.redelivered = true;
  EXPECT_EQ(worker.claim(redelivered).verdict, Verdict::duplicate);
}

TEST_F(PartitionTest, ARetryFromLastWeekIsClaimedAndSettledWhereItIs) {
  maintain();
  Member worker(*this, {.url = database});
  JobClaim job = jobFor("n", "r");
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::retrying)});
  here("update tidings.log set day = day - 7, created_at = created_at - interval '7 days'");
  job.attempt = 1;
  const JobClaim fresh = jobFor("m", "r");
  const auto answers = worker.claimAll({job, fresh});
  ASSERT_EQ(answers[0][0].verdict, Verdict::claimed);
  EXPECT_EQ(answers[1][0].ticket.day - answers[0][0].ticket.day, 7);
  worker.settle({settlementOf(job, answers[0][0], DeliveryState::sent),
                 settlementOf(fresh, answers[1][0], DeliveryState::sent)});
  EXPECT_EQ(here("select count(*) from tidings.log where state = 'sent'").integer(0, 0), 2);
}

TEST_F(PartitionTest, ShouldMaintenanceHaveFailedSendingGoesOn) {
  Member worker(*this, {.url = database});
  EXPECT_EQ(worker.claim(jobFor("n", "r")).verdict, Verdict::claimed);
}

TEST_F(PartitionTest, SlotsThatNoWindowHoldsAreSweptAway) {
  insertOldWindows("old", 1);
  here(
      "insert into tidings.cap_windows (recipient, cap, window_ms, slots) values ('new', 'c', 1000,"
      " array[floor(extract(epoch from clock_timestamp()) * 1000)::bigint])");
  sweep();
  EXPECT_EQ(windows(), "new");
}

TEST_F(PartitionTest, WindowsAreSweptHoweverManyBlocksTheyFill) {
  insertOldWindows("old", 30'000);
  ASSERT_GT(here("select pg_relation_size('tidings.cap_windows') / 8192").integer(0, 0), 3 * 128);
  sweep();
  EXPECT_EQ(windows(), "");
}

// The sweep was a part of the maintenance: it and a batch of claims waited for each other's
// windows, and everybody for the sweep, because it held the lock of the drops.
TEST_F(PartitionTest, MaintenanceWaitsForNoClaimThatWritesAWindow) {
  maintain();
  here("select tidings.create_partition(tidings.week_of(tidings.today() - 70))");
  insertOldWindows("old", 2);
  const auto claimer =
      inTransaction("update tidings.cap_windows set slots = slots where recipient = 'old1'");
  EXPECT_EQ(maintain().dropped, 1);
  sweep();
  EXPECT_EQ(windows(), "old1");
  end(*claimer);
  sweep();
  EXPECT_EQ(windows(), "");
}

Task<void> maintainInto(pg::Connection& on, Deadline deadline,
                        std::optional<Result<PartitionChanges>>& changes) {
  changes.emplace(co_await maintainPartitions(on, std::chrono::days{7}, deadline));
}

// Two workers that start together: the second was refused after two seconds, and ended.
TEST_F(PartitionTest, WhoComesSecondWaitsUntilTheFirstHasMaintained) {
  const auto first = inTransaction("select pg_advisory_xact_lock(1953063017, -1)");
  pg::Connection second(loop, {.url = database, .purpose = "second"});
  second.start();
  std::optional<Result<PartitionChanges>> changes;
  Scope scope;
  scope.spawn(maintainInto(second, soon(), changes));
  const auto waitedLong = [&] {
    return here(
               "select from pg_stat_activity where application_name = 'tidings second'"
               " and wait_event_type = 'Lock'"
               " and clock_timestamp() - query_start > interval '2500 ms'")
               .size() == 1;
  };
  for (const Deadline cap = soon(); !changes && !waitedLong() && !cap.passed(clock.clock());) {
  }
  EXPECT_FALSE(changes.has_value());
  end(*first);
  ASSERT_TRUE(until([&] { return changes.has_value(); }));
  ASSERT_TRUE(changes->ok()) << changes->error().message;
  EXPECT_EQ((*changes)->made, 6);
  run(second.close());
}

}  // namespace
}  // namespace tidings::store
