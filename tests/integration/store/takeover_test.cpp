#include "integration/store/database.h"

namespace tidings::store {
namespace {

struct TakeoverTest : DatabaseTest {
  // A worker claims it and dies.
  void dieWith(JobClaim job, Verdict expected) {
    Member worker(*this);
    EXPECT_EQ(toString(worker.claim(std::move(job)).verdict), toString(expected));
    worker.leave();
  }
};

JobClaim again(JobClaim job, bool exclusive = false) {
  job.redelivered = true;
  job.exclusive = exclusive;
  return job;
}

TEST_F(TakeoverTest, ALivingOwnersDeliveryIsBusyForAllAndForItself) {
  Member owner(*this), other(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  owner.claim(job);
  EXPECT_EQ(other.claim(again(job)).verdict, Verdict::busy);
  EXPECT_EQ(owner.claim(again(job)).verdict, Verdict::busy);
}

Task<void> claimInto(Claims& claims, JobClaim job, std::optional<Verdict>& verdict) {
  const auto answer = co_await claims.claim(job);
  if (answer.ok()) verdict = answer->front().verdict;
}

// The claim waited for the settlement, which could wait for another row that the claim had locked.
TEST_F(TakeoverTest, AClaimDoesNotWaitForASettlement) {
  Member owner(*this), other(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  owner.claim(job);
  pg::Connection settling(loop, {.url = url(), .purpose = "test"});
  settling.start();
  const pg::Params none;
  const std::string update =
      "update tidings.log set error = error where notification_id = '" + job.notificationId + "'";
  ASSERT_TRUE(run(settling.query("begin", none, soon())).ok());
  ASSERT_TRUE(run(settling.query(update, none, soon())).ok());
  std::optional<Verdict> verdict;
  Scope scope;
  scope.spawn(claimInto(other.claims(), again(job), verdict));
  EXPECT_TRUE(until([&] { return verdict.has_value(); }, hang / 3));
  ASSERT_TRUE(run(settling.query("rollback", none, soon())).ok());
  EXPECT_TRUE(until([&] { return verdict.has_value(); }));
  EXPECT_EQ(verdict, Verdict::busy);
  run(settling.close());
}

TEST_F(TakeoverTest, ADeadOwnersDeliveryIsTakenOverOnlyByTheRedelivery) {
  const JobClaim job = jobFor(name("n"), name("r"));
  dieWith(job, Verdict::claimed);
  Member heir(*this);
  EXPECT_EQ(heir.claim(job).verdict, Verdict::duplicate);
  EXPECT_EQ(heir.claim(again(job)).verdict, Verdict::takenOver);
  EXPECT_EQ(heir.claim(again(job)).verdict, Verdict::busy);
}

// The lock of maintenance has the key -1, which is no instance; it was read as one, and refused as
// out of range, and the message went to the dead letters.
TEST_F(TakeoverTest, WhilePartitionsAreMaintainedADeadOwnersDeliveryIsTakenOverAsEver) {
  const JobClaim job = jobFor(name("n"), name("r"));
  dieWith(job, Verdict::claimed);
  sql("select pg_advisory_lock(1953063017, -1)");
  Member heir(*this);
  EXPECT_EQ(heir.claim(again(job)).verdict, Verdict::takenOver);
  sql("select pg_advisory_unlock(1953063017, -1)");
}

TEST_F(TakeoverTest, OneLostSessionIsNotADeath) {
  Member owner(*this), other(*this);
  const JobClaim job = jobFor(name("n"), name("r"));
  owner.claim(job);
  const uint64_t before = owner.claims().stats().sessions;
  sql("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = "
      "1953063017 and objid = $1::bigint::oid limit 1",
      {std::to_string(owner.instance().value)});
  EXPECT_EQ(other.claim(again(job)).verdict, Verdict::busy);
  EXPECT_TRUE(until([&] { return owner.claims().stats().sessions > before; }));
  EXPECT_EQ(other.claim(again(job)).verdict, Verdict::busy);
}

TEST_F(TakeoverTest, AfterARestartOfTheServerOwnersCountAsAliveForAWhile) {
  const JobClaim job = jobFor(name("n"), name("r"));
  dieWith(job, Verdict::claimed);
  const InstanceId instance = makeInstanceId(random);
  Claims patient(loop,
                 {.url = url(), .instance = instance, .restartGrace = std::chrono::days{9999}});
  patient.start();
  auto answer = run(patient.claim(again(job)));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->front().verdict, Verdict::busy);
  run(patient.close());
}

// All sessions were lost at once, by a failover or an administrator: whoever came back first took
// what the others were still sending.
TEST_F(TakeoverTest, WhoLostItsSessionWaitsForTheOthersToComeBackToo) {
  const JobClaim job = jobFor(name("n"), name("r"));
  Member first(*this);
  {
    Member owner(*this);
    owner.claim(job);
    first.loseSessions();
  }  // it has not come back yet
  EXPECT_EQ(first.claim(again(job)).verdict, Verdict::busy);
  EXPECT_EQ(first.claim(jobFor(name("m"), name("r"))).verdict, Verdict::claimed);
  clock.jump(Millis{9'000});
  EXPECT_EQ(first.claim(again(job)).verdict, Verdict::busy);
  clock.jump(Millis{1'001});
  EXPECT_EQ(first.claim(again(job)).verdict, Verdict::takenOver);
}

TEST_F(TakeoverTest, WhoHasJustBegunDoesNotWait) {
  const JobClaim job = jobFor(name("n"), name("r"));
  dieWith(job, Verdict::claimed);
  EXPECT_EQ(Member(*this).claim(again(job)).verdict, Verdict::takenOver);
}

TEST_F(TakeoverTest, ASuspectGoesAloneAndTheThirdDeathIsPoison) {
  const JobClaim job = jobFor(name("n"), name("r"));
  dieWith(job, Verdict::claimed);
  dieWith(again(job), Verdict::takenOver);
  Member worker(*this);
  EXPECT_EQ(worker.claim(again(job)).verdict, Verdict::suspect);
  EXPECT_EQ(worker.claim(again(job)).verdict, Verdict::suspect);  // nothing was changed
  dieWith(again(job, true), Verdict::takenOver);
  EXPECT_EQ(worker.claim(again(job, true)).verdict, Verdict::poison);
  EXPECT_EQ(
      value("select state || '/' || reason from tidings.deliveries where notification_id = $1",
            {job.notificationId}),
      "dead/poison");
  // The worker dies before it has published the dead letter.
  const ClaimAnswer after = worker.claim(again(job));
  ASSERT_EQ(after.verdict, Verdict::followUp);
  EXPECT_EQ(after.followUp->reason, "poison");
}

TEST_F(TakeoverTest, ABystanderOfDeathsStartsWithACleanRecordOnceSettled) {
  JobClaim job = jobFor(name("n"), name("r"));
  dieWith(job, Verdict::claimed);
  {
    Member worker(*this);
    const ClaimAnswer answer = worker.claim(again(job));
    EXPECT_EQ(answer.verdict, Verdict::takenOver);
    worker.settle({settlementOf(job, answer, DeliveryState::retrying)});
  }
  job.attempt = 1;
  dieWith(job, Verdict::claimed);
  dieWith(again(job), Verdict::takenOver);  // its first death since
}

TEST_F(TakeoverTest, AnInterruptedJobLosesNoAttempt) {
  JobClaim job = jobFor(name("n"), name("r"));
  job.attempt = 2;
  dieWith(job, Verdict::claimed);
  Member heir(*this);
  EXPECT_EQ(heir.claim(again(job)).attempt, 2);
}

TEST_F(TakeoverTest, WhoWasTakenForDeadSettlesNothing) {
  const JobClaim job = jobFor(name("n"), name("r"));
  Settlement late;
  {
    Member slow(*this);
    late = settlementOf(job, slow.claim(job), DeliveryState::retrying);
  }
  Member heir(*this);
  const ClaimAnswer mine = heir.claim(again(job));
  ASSERT_EQ(mine.verdict, Verdict::takenOver);
  EXPECT_EQ(heir.settle({late}), TakenOver{0});
  EXPECT_EQ(value("select state from tidings.deliveries where notification_id = $1",
                  {job.notificationId}),
            "sending");
  EXPECT_EQ(heir.settle({settlementOf(job, mine, DeliveryState::sent)}), TakenOver{});
  EXPECT_EQ(heir.settle({late}), TakenOver{0});
  EXPECT_EQ(value("select state from tidings.deliveries where notification_id = $1",
                  {job.notificationId}),
            "sent");
}

}  // namespace
}  // namespace tidings::store
