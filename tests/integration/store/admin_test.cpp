#include "store/admin.h"

#include "integration/store/database.h"

namespace tidings::store {
namespace {

struct AdminTest : DatabaseTest {
  void SetUp() override {
    DatabaseTest::SetUp();
    session = std::make_unique<pg::Connection>(
        loop, pg::ConnectionOptions{.url = url(), .purpose = "test"});
    session->start();
    admin = std::make_unique<Admin>(*session);
  }
  void TearDown() override {
    run(session->close());
    DatabaseTest::TearDown();
  }
  User show(const std::string& id) {
    auto user = run(admin->showUser(id, soon()));
    EXPECT_TRUE(user.ok()) << user.error().message;
    return user.ok() ? *user : User{};
  }
  void set(const std::string& id, UserChange change) {
    const Status status = run(admin->setUser(id, std::move(change), soon()));
    EXPECT_TRUE(status.ok()) << status.error().message;
  }

  std::unique_ptr<pg::Connection> session;
  std::unique_ptr<Admin> admin;
};

TEST_F(AdminTest, NobodyIsKnownBeforeSomethingIsSaidAboutThem) {
  EXPECT_FALSE(show(name("r")).known);
}

TEST_F(AdminTest, SettingChangesWhatIsGivenAndLeavesTheRest) {
  const std::string id = name("r");
  UserChange all;
  all.locale = "ko-KR";
  all.timeZone = "Asia/Seoul";
  all.muted = true;
  all.addAddresses = {{"push", "d1"}, {"push", "d1"}, {"email", "a@example.org"}};
  all.setPreferences = {{"*", "sms", false}, {"news", "*", true}, {"*", "sms", true}};
  all.subscribe = {name("t1"), name("t2")};
  set(id, all);
  UserChange some;
  some.timeZone = "";
  some.removeAddresses = {{"push", "d1"}};
  some.unsubscribe = {name("t1")};
  set(id, some);

  const User user = show(id);
  EXPECT_TRUE(user.known);
  EXPECT_EQ(user.locale, "ko-KR");
  EXPECT_EQ(user.timeZone, std::nullopt);
  EXPECT_TRUE(user.muted);
  ASSERT_EQ(user.addresses.size(), 1u);
  EXPECT_EQ(user.addresses[0].address, "a@example.org");
  EXPECT_TRUE(user.addresses[0].registeredAt.has_value());
  ASSERT_EQ(user.preferences.size(), 2u);
  EXPECT_EQ(user.preferences[0].channel, "sms");
  EXPECT_TRUE(user.preferences[0].enabled);  // the last word counts
  EXPECT_EQ(user.topics, std::vector<std::string>{name("t2")});
}

TEST_F(AdminTest, WhatBreaksARuleIsRefusedAsAWhole) {
  UserChange change;
  change.muted = true;
  change.addAddresses = {{"No Such Channel!", "x"}};
  const Status status = run(admin->setUser(name("r"), change, soon()));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::invalid);
  EXPECT_FALSE(show(name("r")).known);
}

TEST_F(AdminTest, ForgettingLeavesNothing) {
  const std::string id = name("r");
  UserChange change;
  change.addAddresses = {{"push", "device-1"}};
  change.setPreferences = {{"*", "*", true}};
  change.subscribe = {name("t")};
  set(id, change);
  Member worker(*this);
  JobClaim job = jobFor(name("n"), id);
  job.items[0].caps.push_back({name("cap"), 5, Millis{60'000}, false});
  worker.settle({settlementOf(job, worker.claim(job), DeliveryState::sent)});

  const auto forgotten = run(admin->forgetUser(id, soon()));
  ASSERT_TRUE(forgotten.ok()) << forgotten.error().message;
  EXPECT_EQ(forgotten->addresses, 1);
  EXPECT_EQ(forgotten->preferences, 1);
  EXPECT_EQ(forgotten->subscriptions, 1);
  EXPECT_EQ(forgotten->deliveries, 1);
  EXPECT_FALSE(show(id).known);
  for (const auto* table : {"log", "cap_windows", "addresses", "preferences", "subscriptions"}) {
    const std::string count =
        std::string("select count(*) from tidings.") + table + " where recipient = $1";
    EXPECT_EQ(value(count, {id}), "0") << table;
  }
}

TEST_F(AdminTest, SubscribersComePageByPage) {
  const std::string topic = name("t");
  sql("insert into tidings.subscriptions (topic, recipient) select $1, 'u' || lpad(n::text, 3, "
      "'0') "
      "from generate_series(1, 25) n",
      {topic});
  std::vector<std::string> all;
  std::string after;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = run(admin->subscribers(topic, after, 10, soon()));
    ASSERT_TRUE(page.ok());
    if (page->empty()) break;
    all.insert(all.end(), page->begin(), page->end());
    after = page->back();
  }
  ASSERT_EQ(all.size(), 25u);
  EXPECT_EQ(all.front(), "u001");
  EXPECT_EQ(all.back(), "u025");
}

TEST_F(AdminTest, StatusAndCounts) {
  Member worker(*this);
  JobClaim job = jobFor(name("n"), name("r"));
  job.type = name("type");
  job.items.push_back({{"sms", "+100"}, SkipReason::optedOut, {}});
  const auto answers = worker.claimItems(job);
  worker.settle({settlementOf(job, answers[0], DeliveryState::sent)});

  const auto records = run(admin->status(job.notificationId, soon(), 10));
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].timeline.size(), 2u);
  EXPECT_EQ((*records)[1].timeline.size(), 1u);
  EXPECT_EQ((*records)[1].timeline[0].reason, "opted_out");
  EXPECT_TRUE(run(admin->status(name("unknown"), soon(), 10))->empty());

  const auto counts = run(admin->counts(loop.clock().wall() - Millis{60'000}, soon()));
  ASSERT_TRUE(counts.ok());
  int64_t mine = 0;
  for (const StateCount& count : *counts) mine += count.type == job.type ? count.count : 0;
  EXPECT_EQ(mine, 2);
}

}  // namespace
}  // namespace tidings::store
