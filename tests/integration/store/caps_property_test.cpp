// Eight workers on eight connections claim, settle and give back at random, in windows so short
// that they roll. Afterwards the journal tells at each instant who held a slot: never more than the
// cap, and whoever was told to wait or to go met a full window.
#include <algorithm>
#include <memory>

#include "integration/store/database.h"
#include "runtime/loop_sleep.h"
#include "support/seeded.h"

namespace tidings::store {
namespace {

constexpr size_t workers = 8;
constexpr int64_t never = std::numeric_limits<int64_t>::max();
using Micros = int64_t;

struct Asked {
  JobClaim job;
  std::vector<WallTime> freeAts;  // one for each time that it was deferred
};

// That a job held a slot: [from, to) unless the window ends it before.
struct Hold {
  Micros from = never, to = never;
};

// A job's slot as the journal tells it. Each attempt takes it anew.
struct Slot {
  const Asked* asked = nullptr;
  std::vector<Hold> holds;
  std::vector<std::pair<Micros, std::string>> refused;  // when, and the state written
};

struct CapPropertyTest : DatabaseTest {
  void SetUp() override {
    DatabaseTest::SetUp();
    for (size_t i = 0; i < workers; ++i) pool.push_back(std::make_unique<Member>(*this));
  }
  void TearDown() override {
    pool.clear();
    DatabaseTest::TearDown();
  }

  std::vector<std::unique_ptr<Member>> pool;
  std::vector<CapRef> caps;
  std::vector<std::unique_ptr<Asked>> asked;
  std::string round;
  int succeeding = 100;  // percent
  int claimed = 0, refused = 0, released = 0;

  void begin(Dice& dice) {
    round = name(std::to_string(dice.bits() % 1'000'000));
    caps.clear();
    asked.clear();
    succeeding = dice.chance(30) ? 100 : dice.from(0, 90);
    for (int i = dice.from(1, 3); i > 0; --i) {
      const int limit = dice.chance(5) ? 0 : dice.from(1, 5);
      caps.push_back(
          {"cap" + std::to_string(i), limit, Millis{dice.from(30, 250)}, dice.chance(50)});
    }
  }
  JobClaim someJob(Dice& dice) {
    JobClaim job = jobFor(round + "-" + std::to_string(asked.size() - 1), round);
    for (const CapRef& cap : caps) {
      if (dice.chance(60)) job.items[0].caps.push_back(cap);
    }
    if (dice.chance(30)) job.items.push_back({{"push", "device-2"}, {}, job.items[0].caps});
    return job;
  }

  static Task<void> work(CapPropertyTest& test, Claims& claims, uint64_t seed) {
    Dice dice(seed);
    for (int i = 0; i < 8; ++i) {
      Asked& mine = *test.asked.emplace_back(std::make_unique<Asked>());
      mine.job = test.someJob(dice);
      co_await test.see(mine, claims, dice);
      co_await sleepFor(test.loop, Millis{dice.from(0, 20)});
    }
  }
  // Until it is sent, dropped, or has waited often enough.
  Task<void> see(Asked& mine, Claims& claims, Dice& dice) {
    for (int tries = 0; tries < 4; ++tries) {
      auto answers = co_await claims.claim(mine.job);
      EXPECT_TRUE(answers.ok());
      if (!answers.ok()) co_return;
      for (const ClaimAnswer& each : *answers) EXPECT_EQ(each.verdict, answers->front().verdict);
      const ClaimAnswer& first = answers->front();
      if (first.verdict != Verdict::capped) {
        ++claimed;
        if (co_await finish(mine, claims, std::move(*answers), dice)) co_return;
        co_await sleepFor(loop, Millis{dice.from(0, 150)});
        continue;
      }
      ++refused;
      if (!first.freeAt) co_return;
      mine.freeAts.push_back(*first.freeAt);
      co_await sleepFor(loop, std::max(Millis{0}, *first.freeAt - clock.clock().wall()));
    }
  }
  // False where it is to be tried again.
  Task<bool> finish(Asked& mine, Claims& claims, std::vector<ClaimAnswer> answers, Dice& dice) {
    co_await sleepFor(loop, Millis{dice.from(0, 10)});
    const bool again = dice.chance(20), sent = dice.chance(succeeding);
    const bool givesBack = !again && !sent;
    released += givesBack ? 1 : 0;
    co_await settle(claims, mine, answers,
                    again  ? DeliveryState::retrying
                    : sent ? DeliveryState::sent
                           : DeliveryState::dead,
                    givesBack);
    mine.job.attempt += again ? 1 : 0;
    co_return !again;
  }
  static Task<void> settle(Claims& claims, const Asked& mine,
                           const std::vector<ClaimAnswer>& answers, DeliveryState state,
                           bool givesBack) {
    std::vector<Settlement> rows;
    for (size_t i = 0; i < answers.size(); ++i) {
      rows.push_back(settlementOf(mine.job, answers[i], state, i));
      for (const CapRef& cap : mine.job.items[i].caps) {
        if (givesBack) rows.back().refundCaps.push_back(cap.name);
      }
    }
    const auto settled = co_await claims.settle(std::move(rows));
    EXPECT_TRUE(settled.ok());
  }
  static Task<void> joined(Scope& scope) { co_await scope.join(); }

  std::vector<Slot> journal() {
    std::vector<Slot> slots;
    for (const auto& each : asked) slots.emplace_back().asked = each.get();
    const pg::Rows rows = sql(
        "select notification_id, state, (extract(epoch from at) * 1000000)::bigint "
        "from tidings.delivery_events where recipient = $1 and address = 'device-1' order by at",
        {round});
    for (int row = 0; row < rows.size(); ++row) {
      const std::string id(rows.text(row, 0)), state(rows.text(row, 1));
      Slot& slot = slots.at(std::stoul(id.substr(round.size() + 1)));
      const Micros at = rows.integer(row, 2);
      const bool ends = state != "sent" && state != "retrying" && !slot.holds.empty();
      if (ends) slot.holds.back().to = std::min(slot.holds.back().to, at);
      if (state == "sending") slot.holds.push_back({at, never});
      if (state == "skipped" || state == "deferred") slot.refused.emplace_back(at, state);
    }
    return slots;
  }
};

const CapRef* capOf(const Slot& slot, const std::string& name) {
  const auto& caps = slot.asked->job.items[0].caps;
  const auto found =
      std::find_if(caps.begin(), caps.end(), [&](const CapRef& cap) { return cap.name == name; });
  return found == caps.end() ? nullptr : &*found;
}

// The slots of a cap that are in its window at the instant, as milliseconds, oldest first.
std::vector<int64_t> liveAt(const std::vector<Slot>& all, const CapRef& cap, Micros at) {
  std::vector<int64_t> live;
  for (const Slot& slot : all) {
    if (capOf(slot, cap.name) == nullptr) continue;
    for (const Hold& hold : slot.holds) {
      const bool inWindow = hold.from / 1000 > at / 1000 - cap.window.count();
      if (hold.from <= at && hold.to > at && inWindow) live.push_back(hold.from / 1000);
    }
  }
  std::sort(live.begin(), live.end());
  return live;
}

void expectNeverMore(const std::vector<Slot>& all) {
  for (const Slot& slot : all) {
    for (const CapRef& cap : slot.asked->job.items[0].caps) {
      for (const Hold& hold : slot.holds) {
        EXPECT_LE(liveAt(all, cap, hold.from).size(), static_cast<size_t>(cap.limit)) << cap.name;
      }
    }
  }
}

void expectWhy(const std::vector<Slot>& all, const Slot& slot, Micros at,
               const std::string& state) {
  bool dropFull = false, deferFull = false;
  for (const CapRef& cap : slot.asked->job.items[0].caps) {
    const bool full = liveAt(all, cap, at).size() >= static_cast<size_t>(cap.limit);
    const bool waits = cap.defer && cap.limit > 0;
    dropFull = dropFull || (full && !waits);
    deferFull = deferFull || (full && waits);
  }
  EXPECT_TRUE(state == "skipped" ? dropFull : deferFull)
      << slot.asked->job.notificationId << " was " << state << " with room in its window";
}

void expectWhen(const std::vector<Slot>& all, const Slot& slot, Micros at, WallTime freeAt) {
  int64_t expected = 0;
  for (const CapRef& cap : slot.asked->job.items[0].caps) {
    const auto live = liveAt(all, cap, at);
    if (live.size() < static_cast<size_t>(cap.limit)) continue;
    expected = std::max(expected, live[live.size() - cap.limit] + cap.window.count());
  }
  EXPECT_EQ(freeAt.time_since_epoch().count(), expected) << slot.asked->job.notificationId;
}

bool anybodyCameIn(const std::vector<Slot>& all, Micros at) {
  return std::any_of(all.begin(), all.end(), [at](const Slot& slot) {
    return std::any_of(slot.holds.begin(), slot.holds.end(),
                       [at](const Hold& hold) { return hold.from == at; });
  });
}

void expectNeverFewer(const std::vector<Slot>& all) {
  for (const Slot& slot : all) {
    size_t waits = 0;
    for (const auto& [at, state] : slot.refused) {
      expectWhy(all, slot, at, state);
      if (state != "deferred") continue;
      ASSERT_LT(waits, slot.asked->freeAts.size());
      const WallTime freeAt = slot.asked->freeAts[waits++];
      // One of its own batch may have taken, in the same instant, what it did not need.
      if (!anybodyCameIn(all, at)) expectWhen(all, slot, at, freeAt);
    }
  }
}

TEST_F(CapPropertyTest, NeverMoreThanTheCapInAnyWindowAndNobodyTurnedAwayFromAFreeSlot) {
  playRounds(4, [this](Dice& dice) {
    begin(dice);
    Scope scope;
    for (const auto& worker : pool) {
      for (int hands = 0; hands < 2; ++hands) {
        scope.spawn(work(*this, worker->claims(), dice.bits()));
      }
    }
    run(joined(scope));
    const std::vector<Slot> all = journal();
    expectNeverMore(all);
    expectNeverFewer(all);
  });
  RecordProperty("claimed", claimed);
  RecordProperty("refused", refused);
  RecordProperty("released", released);
}

}  // namespace
}  // namespace tidings::store
