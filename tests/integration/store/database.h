// What the database tests share: a loop, a session for arranging and looking, names of their own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "pg/connection.h"
#include "runtime/loop.h"
#include "runtime/scope.h"
#include "store/claims.h"
#include "store/migrations.h"

namespace tidings::store {

struct JumpingClock final : Clock {
  WallTime wall() const override { return system.wall() + ahead; }
  MonoTime mono() const override { return system.mono() + ahead; }
  SystemClock system;
  Millis ahead{0};
};

class DatabaseTest : public testing::Test {
 public:
  static constexpr Millis hang{30'000};

  void SetUp() override;
  void TearDown() override;

  // TIDINGS_PG_URL, whose absence fails the test.
  static std::string url();
  // A database of this test alone, without a schema; dropped in TearDown().
  std::string makeDatabase();

  // Unique to this test.
  std::string name(const std::string& what) const { return what + "-" + suffix_; }
  Deadline soon() const { return Deadline::after(clock.clock(), hang); }

  // Runs one statement with text arguments; expects success.
  pg::Rows sql(std::string_view text, std::vector<std::string> arguments = {});
  pg::Rows sqlWith(std::string_view text, const pg::Params& params);
  std::string value(std::string_view text, std::vector<std::string> arguments = {});
  // Turns the loop until the condition holds; false after `hang`.
  bool until(std::function<bool()> holds, Millis most = hang);

  template <class T>
  T run(Task<T> task) {
    return loop.run(std::move(task));
  }
  void run(Task<void> task) { loop.run(std::move(task)); }

  struct Time {
    JumpingClock system;
    const Clock& clock() const { return system; }
    // Hours pass, for all but the server.
    void jump(Millis by) { system.ahead += by; }
  } clock;
  Loop loop{clock.system};
  Random random;

 private:
  std::string suffix_;
  std::unique_ptr<pg::Connection> session_;
  std::vector<std::string> databases_;
};

// One worker of a pool, as far as the store is concerned.
class Member {
 public:
  explicit Member(DatabaseTest& test, ClaimsOptions options = {});
  ~Member() { leave(); }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  // All in one turn, so that they share a batch.
  std::vector<std::vector<ClaimAnswer>> claimAll(std::vector<JobClaim> jobs);
  std::vector<ClaimAnswer> claimItems(JobClaim job);
  ClaimAnswer claim(JobClaim job);  // of a job with one item
  TakenOver settle(std::vector<Settlement> settlements);
  Claims& claims() { return *claims_; }
  InstanceId instance() const { return instance_; }
  // Its sessions end, as those of a process that dies do.
  void leave();
  // The server ends them; returns when there are new ones.
  void loseSessions();

 private:
  DatabaseTest& test_;
  InstanceId instance_;
  std::unique_ptr<Claims> claims_;
};

JobClaim jobFor(std::string id, std::string recipient, std::string channel = "push",
                std::string address = "device-1");
Settlement settlementOf(const JobClaim& job, const ClaimAnswer& answer, DeliveryState state,
                        size_t item = 0);

}  // namespace tidings::store
