#include "pg/connection.h"

#include "base/random.h"
#include "integration/pg/server.h"

namespace tidings::pg {
namespace {

TEST_F(ConnectionTest, ParametersAndAnswersKeepTextNullsAndNumbers) {
  auto connection = open();
  Params params;
  params.text(std::string("it's \"€\"")).null().integer(-42).boolean(true);
  const auto rows = ask(*connection, "select $1::text, $2::text, $3::bigint, $4::boolean", params);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->text(0, 0), "it's \"€\"");
  EXPECT_TRUE(rows->isNull(0, 1));
  EXPECT_EQ(rows->integer(0, 2), -42);
  EXPECT_TRUE(rows->boolean(0, 3));
  close(*connection);
}

TEST_F(ConnectionTest, AnArrayLiteralArrivesAsItWasMade) {
  auto connection = open();
  ArrayText array;
  array.add(R"(a"b\c,{}d)");
  array.addNull();
  array.add("NULL");
  array.add("");
  Params params;
  params.text(std::move(array).take());
  const auto rows = ask(*connection, "select u from unnest($1::text[]) u", params);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 4);
  EXPECT_EQ(rows->text(0, 0), R"(a"b\c,{}d)");
  EXPECT_TRUE(rows->isNull(1, 0));
  EXPECT_EQ(rows->text(2, 0), "NULL");
  EXPECT_FALSE(rows->isNull(3, 0));
  close(*connection);
}

TEST_F(ConnectionTest, BinaryArraysArriveAsTheyWereMade) {
  auto connection = open();
  TextArray texts;
  for (const char* text : {R"(a"b\c,{}d)", "NULL", "", "€"}) texts.add(text);
  texts.addNull();
  IntArray ints;
  ints.add(-7);
  BigintArray bigints;
  bigints.add(1LL << 40);
  bigints.addNull();
  BoolArray bools;
  bools.add(true);
  bools.add(false);
  Params params;
  params.array(std::move(texts)).array(std::move(ints)).array(std::move(bigints));
  params.array(std::move(bools)).array(TextArray());
  const auto rows = ask(*connection,
                        "select $1::text[], $2::int[], $3::bigint[], $4::boolean[], "
                        "$5::text[]",
                        params);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->text(0, 0), R"({"a\"b\\c,{}d","NULL","",€,NULL})");
  EXPECT_EQ(rows->text(0, 1), "{-7}");
  EXPECT_EQ(rows->text(0, 2), "{1099511627776,NULL}");
  EXPECT_EQ(rows->text(0, 3), "{t,f}");
  EXPECT_EQ(rows->text(0, 4), "{}");
  close(*connection);
}

TEST_F(ConnectionTest, ManyQueriesAreOutAtOnceAndAFailureHarmsOnlyItself) {
  auto connection = open();
  EXPECT_EQ(text(*connection, "select 1"), "1");
  Answer slow, bad, good;
  later(*connection, "select 'slow' from pg_sleep(0.05)", slow);
  later(*connection, "select 1/0", bad);
  later(*connection, "select 'good'", good);
  EXPECT_TRUE(until([&] { return slow && bad && good; }));
  EXPECT_EQ((*slow)->text(0, 0), "slow");
  EXPECT_EQ(kind(*bad), ErrorKind::invalid);
  EXPECT_NE(bad->error().message.find("22012"), std::string::npos);
  EXPECT_EQ((*good)->text(0, 0), "good");
  EXPECT_EQ(connection->stats().sessions, 1u);
  close(*connection);
}

TEST_F(ConnectionTest, AQueryPastItsDeadlineIsUncertainAndTheServerGivesItUp) {
  auto connection = open();
  const std::string pid = text(*connection, "select pg_backend_pid()");
  Answer late, behind;
  later(*connection, "select pg_sleep(600)", late, Millis{30});
  later(*connection, "select 1", behind);
  EXPECT_TRUE(until([&] { return late && behind; }));
  EXPECT_EQ(kind(*late), ErrorKind::uncertain);
  EXPECT_EQ(kind(*behind), ErrorKind::uncertain);
  // The next session is another one, and the old one's statement ends long before it would have.
  const Params old{pid};
  EXPECT_TRUE(until([&] { return connection->connected(); }));
  while (text(*connection, "select count(*) from pg_stat_activity where pid = $1::int", old) !=
         "0") {
  }
  close(*connection);
}

TEST_F(ConnectionTest, WithoutASessionNothingIsSentUntilTheDeadline) {
  auto connection = open({.url = "postgresql://tidings:hunter2@127.0.0.1:1/tidings"});
  const Params none;
  const auto rows = loop.run(connection->query("select 1", none, within(Millis{50})));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().kind, ErrorKind::unreachable);
  EXPECT_EQ(rows.error().message.find("hunter2"), std::string::npos);
  EXPECT_NE(rows.error().message.find("refused"), std::string::npos) << rows.error().message;
  EXPECT_FALSE(connection->connected());
  close(*connection);
}

TEST_F(ConnectionTest, AQueryWaitsForTheFirstSession) {
  auto connection = open();
  EXPECT_FALSE(connection->connected());
  EXPECT_EQ(text(*connection, "select 'here'"), "here");
  close(*connection);
}

TEST_F(ConnectionTest, ATerminatedSessionLeavesItsQueriesUncertainAndTheNextOneWorks) {
  auto connection = open();
  auto killer = open();
  const Params pid{text(*connection, "select pg_backend_pid()")};
  Answer cut;
  later(*connection, "select pg_sleep(600)", cut);
  ASSERT_TRUE(ask(*killer, "select pg_terminate_backend($1::int)", pid).ok());
  EXPECT_TRUE(until([&] { return cut.has_value(); }));
  EXPECT_EQ(kind(*cut), ErrorKind::uncertain);
  EXPECT_NE(text(*connection, "select pg_backend_pid()"), pid.values()[0].bytes);
  EXPECT_EQ(connection->stats().sessions, 2u);
  EXPECT_EQ(connection->stats().failures, 1u);
  close(*connection);
  close(*killer);
}

TEST_F(ConnectionTest, EachSessionIsGreetedBeforeAnythingElse) {
  std::vector<bool> changes;
  ConnectionOptions options;
  options.greeting = {{"select set_config('tidings.greeting', $1, false)", {"hello"}}};
  options.onChange = [&](bool up, std::string_view) { changes.push_back(up); };
  auto connection = open(std::move(options));
  constexpr std::string_view sql = "select current_setting('tidings.greeting')";
  EXPECT_EQ(text(*connection, sql), "hello");
  const auto killed = ask(*connection, "select pg_terminate_backend(pg_backend_pid())");
  EXPECT_FALSE(killed.ok());
  EXPECT_EQ(text(*connection, sql), "hello");
  EXPECT_EQ(changes, (std::vector<bool>{true, false, true}));
  close(*connection);
}

TEST_F(ConnectionTest, ASessionWhoseGreetingFailsIsNotUsed) {
  auto connection = open({.greeting = {{"select * from tidings_no_such_table", {}}}});
  const Params none;
  const auto rows = loop.run(connection->query("select 1", none, within(Millis{200})));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().kind, ErrorKind::unreachable);
  EXPECT_NE(rows.error().message.find("tidings_no_such_table"), std::string::npos);
  close(*connection);
}

TEST_F(ConnectionTest, NotificationsArriveWhileIdle) {
  const std::string channel = "tidings_test_" + std::to_string(Random().bits());
  std::vector<std::string> heard;
  ConnectionOptions options;
  options.greeting = {{"listen " + channel, {}}};
  options.onNotify = [&](std::string_view from, std::string_view payload) {
    heard.push_back(std::string(from) + "=" + std::string(payload));
  };
  auto listener = open(std::move(options));
  auto speaker = open();
  EXPECT_TRUE(until([&] { return listener->connected(); }));
  ASSERT_TRUE(ask(*speaker, "select pg_notify($1, 'one')", Params{channel}).ok());
  EXPECT_TRUE(until([&] { return heard.size() == 1; }));
  EXPECT_EQ(heard, std::vector<std::string>{channel + "=one"});
  close(*listener);
  close(*speaker);
}

TEST_F(ConnectionTest, AStopEndsWhatIsOutAndWhatComesLater) {
  auto connection = open();
  EXPECT_EQ(text(*connection, "select 1"), "1");
  Answer out;
  later(*connection, "select pg_sleep(600)", out);
  connection->stop();
  EXPECT_TRUE(until([&] { return out.has_value(); }));
  EXPECT_EQ(kind(*out), ErrorKind::cancelled);
  EXPECT_EQ(kind(ask(*connection, "select 1")), ErrorKind::cancelled);
  close(*connection);
}

TEST_F(ConnectionTest, AStopEndsTheWaitForASession) {
  auto connection = open({.url = "postgresql://tidings@127.0.0.1:1/tidings"});
  Answer waiting;
  later(*connection, "select 1", waiting);
  connection->stop();
  EXPECT_TRUE(until([&] { return waiting.has_value(); }));
  EXPECT_EQ(kind(*waiting), ErrorKind::cancelled);
  close(*connection);
}

TEST_F(ConnectionTest, LargeQueriesAndAnswersPass) {
  auto connection = open();
  Params params;
  params.text(std::string(20'000'000, 'x'));
  EXPECT_EQ(text(*connection, "select length($1::text)", params), "20000000");
  const auto rows =
      ask(*connection, "select n, repeat('y', 1000) from generate_series(1, 10000) n");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->size(), 10'000);
  EXPECT_EQ(rows->integer(9'999, 0), 10'000);
  close(*connection);
}

}  // namespace
}  // namespace tidings::pg
