// Dead letters put back to work while operators' replays are killed at any instant and workers
// process what came back. The journal decides in the end: everything was sent, what it called sent
// before was not sent again, and nothing was sent twice.
#include <csignal>
#include <map>

#include "integration/cli/program.h"
#include "queue/headers.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"
#include "store/claims.h"
#include "support/seeded.h"

namespace tidings::cli {
namespace {

using notification::DeliveryState;

class ReplayPropertyTest : public ProgramTest {
 protected:
  ReplayPropertyTest() {
    EXPECT_EQ(run({"setup"}).code, 0);
    store::ClaimsOptions options;
    options.url = std::getenv("TIDINGS_PG_URL");
    options.instance = store::makeInstanceId(random_);
    journal_ = std::make_unique<store::Claims>(loop, std::move(options));
    journal_->start();
  }
  ~ReplayPropertyTest() override { loop.run(journal_->close()); }

  void begin(Dice& dice) {
    taken_.clear();
    sentBefore_.clear();
    first_ = next_;
    next_ += dice.from(50, 300);
    bury(type(), first_, next_ - first_, "permanent");
    std::vector<store::JobClaim> all, earlier;
    for (int i = first_; i < next_; ++i) {
      all.push_back(jobOf(idOf(i), false));
      // Another copy of its letter was replayed long ago.
      if (dice.chance(20)) sentBefore_.insert(idOf(i));
    }
    attemptAll(std::move(all), DeliveryState::dead);
    for (const std::string& id : sentBefore_) earlier.push_back(jobOf(id, true));
    attemptAll(std::move(earlier), DeliveryState::sent);
    sends_.clear();
  }

  // Kills it at any instant: while it starts, connects, replays, or after its end.
  void replayAndKill(Dice& dice) {
    Arguments arguments{"dlq", "replay", "--type", type()};
    if (dice.chance(50)) {
      arguments.insert(arguments.end(), {"--rate", std::to_string(dice.from(50, 2000))});
    }
    if (dice.chance(30)) {
      arguments.insert(arguments.end(), {"--recipient", std::to_string(dice.from(0, 9))});
    }
    write("in", "");
    const int pid = start(std::move(arguments));
    loop.run(sleepFor(loop, Millis{dice.from(0, 1500)}));
    ::kill(pid, dice.chance(80) ? SIGKILL : SIGTERM);
    waitFor(pid);
  }

  // A worker takes all that came back and sends what it may.
  void work() {
    std::vector<store::JobClaim> jobs;
    for (const queue::Incoming& message : takeAll(queue::typeQueue(type()))) {
      const auto headers = queue::readHeaders(message.properties.headers);
      EXPECT_TRUE(headers.replay);
      taken_.insert(message.properties.messageId);
      jobs.push_back(jobOf(message.properties.messageId, headers.replay));
    }
    attemptAll(std::move(jobs), DeliveryState::sent);
  }

  // Killed, the broker needs a moment to put the unacked ones back: run it again for those.
  void replayTheRest() {
    const auto letters = static_cast<size_t>(next_ - first_);
    for (int i = 0; i < 30; ++i) {
      EXPECT_EQ(run({"dlq", "replay", "--type", type()}).code, 0);
      work();
      if (taken_.size() == letters && depthOf(queue::deadQueue(type())) == 0) return;
    }
    ADD_FAILURE() << taken_.size() << " of " << letters << " came back";
  }
  void expectAllSentOnce() {
    for (int i = first_; i < next_; ++i) {
      EXPECT_TRUE(taken_.contains(idOf(i))) << idOf(i) << " is lost";
      EXPECT_EQ(sends_[idOf(i)], sentBefore_.contains(idOf(i)) ? 0 : 1) << idOf(i);
    }
  }

 private:
  static std::string idOf(int i) { return "n-" + std::to_string(i); }
  store::JobClaim jobOf(const std::string& id, bool replay) const {
    store::JobClaim job;
    job.notificationId = id;
    job.recipient = name("recipient");
    job.type = type();
    job.replay = replay;
    job.items.push_back({{"email", "a@example.org"}, {}, {}});
    return job;
  }
  void attemptAll(std::vector<store::JobClaim> jobs, DeliveryState becomes) {
    constexpr auto join = [](Scope& all) -> Task<void> { co_await all.join(); };
    Scope scope;
    for (auto& job : jobs) scope.spawn(attempt(*this, std::move(job), becomes));
    loop.run(join(scope));
  }
  // Nothing happens where the claim says that it is not ours to send.
  static Task<void> attempt(ReplayPropertyTest& test, store::JobClaim job, DeliveryState becomes) {
    const auto answers = co_await test.journal_->claim(job);
    EXPECT_TRUE(answers.ok());
    if (!answers.ok() || answers->front().verdict != store::Verdict::claimed) co_return;
    ++test.sends_[job.notificationId];
    store::Settlement row;
    row.notificationId = job.notificationId;
    row.recipient = job.recipient;
    row.target = job.items[0].target;
    row.ticket = answers->front().ticket;
    row.state = becomes;
    std::vector<store::Settlement> rows;
    rows.push_back(std::move(row));
    const auto settled = co_await test.journal_->settle(std::move(rows));
    EXPECT_TRUE(settled.ok());
  }

  Random random_;
  std::unique_ptr<store::Claims> journal_;
  int first_ = 0, next_ = 0;
  std::set<std::string> taken_;
  std::map<std::string, int> sends_;
  std::set<std::string> sentBefore_;
};

TEST_F(ReplayPropertyTest, KilledAtAnyInstantItLosesNothingAndDoublesNothingThatTheJournalKnows) {
  playRounds(1, [this](Dice& dice) {
    begin(dice);
    for (int kills = dice.from(2, 4); kills > 0 && !HasFailure(); --kills) {
      replayAndKill(dice);
      if (dice.chance(50)) work();
    }
    replayTheRest();
    expectAllSentOnce();
  });
}

}  // namespace
}  // namespace tidings::cli
