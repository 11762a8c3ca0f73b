// Which statements are prepared again after an error, and which are not.
#include "integration/pg/server.h"

namespace tidings::pg {
namespace {

using PreparedTest = ConnectionTest;

TEST_F(PreparedTest, AStatementThatCouldNotBePreparedIsPreparedAgain) {
  auto connection = open();
  constexpr std::string_view sql = "select x from pg_temp.appears_later";
  EXPECT_EQ(kind(ask(*connection, sql)), ErrorKind::permanent);
  ASSERT_TRUE(ask(*connection, "create temp table appears_later as select 7 as x").ok());
  EXPECT_EQ(text(*connection, sql), "7");
  EXPECT_EQ(text(*connection, sql), "7");
  close(*connection);
}

TEST_F(PreparedTest, AStatementThatFailsIsPreparedOnce) {
  auto connection = open();
  const Params zero{"0"};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(kind(ask(*connection, "select 1 / $1::int", zero)), ErrorKind::invalid);
  }
  EXPECT_EQ(text(*connection,
                 "select count(*) from pg_prepared_statements where statement like 'select 1 /%'"),
            "1");
  close(*connection);
}

TEST_F(PreparedTest, AStatementWhoseAnswerChangesItsShapeIsPreparedAgain) {
  auto connection = open();
  constexpr std::string_view sql = "select * from pg_temp.grows";
  ASSERT_TRUE(ask(*connection, "create temp table grows as select 7 as x").ok());
  EXPECT_EQ(text(*connection, sql), "7");
  ASSERT_TRUE(ask(*connection, "alter table pg_temp.grows add column y int").ok());
  EXPECT_FALSE(ask(*connection, sql).ok());
  EXPECT_EQ(text(*connection, sql), "7");
  close(*connection);
}

TEST_F(PreparedTest, AStatementThatTheServerForgotIsPreparedAgain) {
  auto connection = open();
  EXPECT_EQ(text(*connection, "select 7"), "7");
  ASSERT_TRUE(ask(*connection, "deallocate all").ok());
  EXPECT_EQ(kind(ask(*connection, "select 7")), ErrorKind::transient);
  EXPECT_EQ(text(*connection, "select 7"), "7");
  close(*connection);
}

}  // namespace
}  // namespace tidings::pg
