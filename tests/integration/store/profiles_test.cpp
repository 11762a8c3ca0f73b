#include "store/profiles.h"

#include <stop_token>

#include "integration/store/database.h"
#include "runtime/loop_sleep.h"

namespace tidings::store {
namespace {

struct ProfileTest : DatabaseTest {
  using Shared = std::shared_ptr<const policy::Profile>;

  void open(ProfilesOptions options = {}) {
    if (options.url.empty()) options.url = url();
    profiles = std::make_unique<Profiles>(loop, std::move(options));
    profiles->start();
    EXPECT_TRUE(until([this] { return profiles->connected(); }));
  }
  void TearDown() override {
    if (profiles) run(profiles->close());
    DatabaseTest::TearDown();
  }
  Shared get(const std::string& recipient) {
    auto profile = run(profiles->get(recipient));
    EXPECT_TRUE(profile.ok()) << profile.error().message;
    return profile.ok() ? *profile : nullptr;
  }
  // Until reads come from memory again.
  void warm(const std::string& recipient) {
    EXPECT_TRUE(until([&] {
      const uint64_t before = profiles->stats().hits;
      scope.spawn(touch(*profiles, recipient));
      return profiles->stats().hits > before;
    }));
    run(finish(scope));
  }
  static Task<void> touch(Profiles& from, std::string recipient) {
    const auto profile = co_await from.get(std::move(recipient));
    EXPECT_TRUE(profile.ok());
  }
  static Task<void> finish(Scope& of) { co_await of.join(); }
  void mute(const std::string& recipient, bool muted = true) {
    sql("insert into tidings.recipients (id, muted) values ($1, $2::boolean) on conflict (id) do "
        "update set muted = excluded.muted",
        {recipient, muted ? "t" : "f"});
  }
  // How long until the change is seen.
  Millis seenAfter(const std::function<bool()>& seen) {
    const MonoTime from = loop.clock().mono();
    while (!seen()) {
      if (loop.clock().mono() - from > hang) return hang;
    }
    return std::chrono::duration_cast<Millis>(loop.clock().mono() - from);
  }

  std::unique_ptr<Profiles> profiles;
  Scope scope;
};

TEST_F(ProfileTest, WhatAppsWroteWithPlainInsertsIsRead) {
  const std::string id = name("r");
  sql("insert into tidings.recipients (id, locale, time_zone) values ($1, 'ko-KR', 'Asia/Seoul')",
      {id});
  sql("insert into tidings.addresses (recipient, channel, address) values ($1, 'push', 'd1'), "
      "($1, 'email', 'a@example.org')",
      {id});
  sql("insert into tidings.addresses (recipient, channel, address, active) values ($1, 'push', "
      "'d2', false)",
      {id});
  sql("insert into tidings.preferences (recipient, enabled) values ($1, false)", {id});
  sql("insert into tidings.preferences (recipient, scope, channel, enabled) values ($1, 'news', "
      "'email', true)",
      {id});
  open();
  const Shared profile = get(id);
  EXPECT_TRUE(profile->known);
  EXPECT_EQ(profile->locale, "ko-KR");
  EXPECT_EQ(profile->timeZone, "Asia/Seoul");
  EXPECT_FALSE(profile->muted);
  EXPECT_EQ(profile->addresses.size(), 2u);
  ASSERT_EQ(profile->preferences.size(), 2u);
  const auto& general = profile->preferences[profile->preferences[0].scope == "*" ? 0 : 1];
  EXPECT_EQ(general.channel, "*");
  EXPECT_FALSE(general.enabled);
}

TEST_F(ProfileTest, AnUnknownRecipientHasAnEmptyProfile) {
  open();
  const Shared profile = get(name("nobody"));
  EXPECT_FALSE(profile->known);
  EXPECT_TRUE(profile->addresses.empty());
}

TEST_F(ProfileTest, TheSecondReadComesFromMemory) {
  open();
  warm(name("r"));
  const auto before = profiles->stats();
  get(name("r"));
  EXPECT_EQ(profiles->stats().hits, before.hits + 1);
  EXPECT_EQ(profiles->stats().batches, before.batches);
}

TEST_F(ProfileTest, ManyReadsInOneTurnShareARoundTrip) {
  open();
  get(name("r"));
  const uint64_t before = profiles->stats().batches;
  for (int i = 0; i < 100; ++i) {
    scope.spawn(touch(*profiles, name("r" + std::to_string(i))));
  }
  run(finish(scope));
  EXPECT_EQ(profiles->stats().batches, before + 1);
}

TEST_F(ProfileTest, EveryKindOfChangeIsSeenWithinASecond) {
  open();
  const std::string id = name("r");
  mute(id, false);
  warm(id);
  mute(id);
  EXPECT_LT(seenAfter([&] { return get(id)->muted; }), Millis{1'000});
  sql("insert into tidings.addresses (recipient, channel, address) values ($1, 'push', 'd1')",
      {id});
  EXPECT_LT(seenAfter([&] { return get(id)->addresses.size() == 1; }), Millis{1'000});
  sql("update tidings.addresses set active = false where recipient = $1", {id});
  EXPECT_LT(seenAfter([&] { return get(id)->addresses.empty(); }), Millis{1'000});
  sql("insert into tidings.preferences (recipient, enabled) values ($1, false)", {id});
  EXPECT_LT(seenAfter([&] { return get(id)->preferences.size() == 1; }), Millis{1'000});
  sql("delete from tidings.preferences where recipient = $1", {id});
  EXPECT_LT(seenAfter([&] { return get(id)->preferences.empty(); }), Millis{1'000});
  sql("delete from tidings.recipients where id = $1", {id});
  EXPECT_LT(seenAfter([&] { return !get(id)->muted; }), Millis{1'000});
}

TEST_F(ProfileTest, ALargeChangeInvalidatesEverything) {
  open();
  const std::string id = name("bulk0");
  warm(id);
  sql("insert into tidings.recipients (id, muted) select 'bulk' || n || $1, true "
      "from generate_series(0, 999) n",
      {name("")});
  EXPECT_LT(seenAfter([&] { return get(id)->muted; }), Millis{1'000});
}

TEST_F(ProfileTest, TheCacheIsBounded) {
  open({.cacheBytes = 2'000});  // an unknown recipient takes about 125
  for (int i = 0; i < 30; ++i) get(name("r" + std::to_string(i)));
  EXPECT_LE(profiles->stats().entries, 20u);
  EXPECT_GT(profiles->stats().entries, 5u);
  EXPECT_GE(profiles->stats().evictions, 10u);
}

TEST_F(ProfileTest, WithoutAProofOfLifeTheCacheIsBypassed) {
  // No proofs but those of the reads themselves, and they are never believed.
  open({.proofEvery = Millis{1'000'000}, .proofLasts = Millis{-1}});
  get(name("r"));
  get(name("r"));
  EXPECT_EQ(profiles->stats().hits, 0u);
  EXPECT_EQ(profiles->stats().bypasses, 2u);
}

TEST_F(ProfileTest, AfterAPauseWithoutProofsTheFirstReadIsOne) {
  open({.proofEvery = Millis{10}, .proofLasts = Millis{500}, .proofEveryIdle = hang});
  const std::string id = name("r");
  warm(id);
  const MonoTime lastAsked = loop.clock().mono();
  EXPECT_TRUE(until([&] { return loop.clock().mono() - lastAsked > Millis{600}; }));
  const auto before = profiles->stats();
  get(id);
  get(id);
  EXPECT_EQ(profiles->stats().bypasses, before.bypasses + 1);
  EXPECT_EQ(profiles->stats().hits, before.hits + 1);
}

TEST_F(ProfileTest, WhatChangedWhileNobodyListenedIsSeen) {
  open();
  const std::string id = name("r");
  mute(id, false);
  warm(id);
  const uint64_t sessions = profiles->stats().sessions;
  sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tidings "
      "profiles' and query like '%tidings_profiles%' or pid in (select pid from pg_stat_activity "
      "where application_name = 'tidings profiles')");
  sql("alter table tidings.recipients disable trigger profile_updated");
  mute(id);
  sql("alter table tidings.recipients enable trigger profile_updated");
  EXPECT_LT(seenAfter([&] { return get(id)->muted; }), Millis{1'000});
  EXPECT_GT(profiles->stats().sessions, sessions);
}

TEST_F(ProfileTest, WhileTheDatabaseIsAwayReadsWaitUntilTheStop) {
  std::stop_source stop;
  Profiles away(loop, {.url = "postgresql://tidings@127.0.0.1:1/tidings",
                       .stop = stop.get_token(),
                       .queryTimeout = Millis{20}});
  away.start();
  std::optional<ErrorKind> ended;
  constexpr auto read = [](Profiles& from, std::optional<ErrorKind>& end) -> Task<void> {
    const auto profile = co_await from.get("r");
    EXPECT_FALSE(profile.ok());
    if (!profile.ok()) end = profile.error().kind;
  };
  scope.spawn(read(away, ended));
  EXPECT_TRUE(until([&] { return away.stats().failures >= 2; }));
  EXPECT_FALSE(ended.has_value());
  stop.request_stop();
  EXPECT_TRUE(until([&] { return ended.has_value(); }, Millis{3'000}));
  EXPECT_EQ(ended, ErrorKind::cancelled);
  run(away.close());
}

}  // namespace
}  // namespace tidings::store
