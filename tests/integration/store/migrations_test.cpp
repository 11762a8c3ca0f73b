#include "store/migrations.h"

#include "integration/store/database.h"

namespace tidings::store {
namespace {

using MigrationTest = DatabaseTest;

struct Session {
  Session(DatabaseTest& owner, std::string url)
      : test(owner), connection(owner.loop, {.url = std::move(url), .purpose = "test"}) {
    connection.start();
  }
  ~Session() { test.run(connection.close()); }
  DatabaseTest& test;
  pg::Connection connection;
};

TEST(Migrations, AreNumberedFromOneWithoutGaps) {
  int expected = 0;
  for (const Migration& migration : migrations()) EXPECT_EQ(migration.number, ++expected);
  EXPECT_GT(expected, 0);
}

TEST_F(MigrationTest, AnEmptyDatabaseGetsTheNewestSchemaAndASecondRunChangesNothing) {
  Session session(*this, makeDatabase());
  const int newest = migrations().back().number;
  EXPECT_EQ(*run(schemaNumber(session.connection, soon())), 0);
  const auto first = run(migrate(session.connection, soon()));
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->from, 0);
  EXPECT_EQ(first->to, newest);
  const auto second = run(migrate(session.connection, soon()));
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(second->from, newest);
  EXPECT_EQ(second->to, newest);
  EXPECT_EQ(*run(schemaNumber(session.connection, soon())), newest);
}

Task<void> migrateInto(pg::Connection& connection, Deadline deadline, int& steps, int& failures) {
  const auto migrated = co_await migrate(connection, deadline);
  failures += migrated.ok() ? 0 : 1;
  if (migrated.ok()) steps += migrated->to - migrated->from;
}

Task<void> join(Scope& scope) { co_await scope.join(); }

TEST_F(MigrationTest, AnyNumberOfProgramsMayMigrateAtTheSameTime) {
  const std::string database = makeDatabase();
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(std::make_unique<Session>(*this, database));
  int steps = 0;
  int failures = 0;
  Scope scope;
  for (auto& session : sessions) {
    scope.spawn(migrateInto(session->connection, soon(), steps, failures));
  }
  run(join(scope));
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(steps, migrations().back().number);
}

TEST_F(MigrationTest, AFailingStepLeavesNothingOfItselfBehindAndIsNamed) {
  Session session(*this, makeDatabase());
  const pg::Params none;
  for (const auto* sql : {"create schema tidings", "create table tidings.subscriptions (x int)"}) {
    ASSERT_TRUE(run(session.connection.query(sql, none, soon())).ok());
  }
  const auto failed = run(migrate(session.connection, soon()));
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("001_recipients"), std::string::npos)
      << failed.error().message;
  const auto left = run(
      session.connection.query("select to_regclass('tidings.recipients') is null", none, soon()));
  ASSERT_TRUE(left.ok());
  EXPECT_TRUE(left->boolean(0, 0));
  ASSERT_TRUE(run(session.connection.query("drop table tidings.subscriptions", none, soon())).ok());
  EXPECT_TRUE(run(migrate(session.connection, soon())).ok());
}

TEST_F(MigrationTest, ASchemaNewerThanTheProgramIsLeftAlone) {
  Session session(*this, makeDatabase());
  ASSERT_TRUE(run(migrate(session.connection, soon())).ok());
  const pg::Params none;
  ASSERT_TRUE(
      run(session.connection.query(
              "insert into tidings.migrations (number, name) values (9999, 'later')", none, soon()))
          .ok());
  const auto again = run(migrate(session.connection, soon()));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->from, 9999);
  EXPECT_EQ(again->to, 9999);
}

}  // namespace
}  // namespace tidings::store
