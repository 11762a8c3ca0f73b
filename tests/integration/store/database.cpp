#include "integration/store/database.h"

#include <cstdlib>
#include <stdexcept>

#include "runtime/loop_sleep.h"
#include "store/partitions.h"

namespace tidings::store {
namespace {

Task<Status> prepare(pg::Connection& session, Deadline deadline) {
  auto migrated = co_await migrate(session, deadline);
  if (!migrated.ok()) co_return std::move(migrated).error();
  auto kept = co_await maintainPartitions(session, std::chrono::days{7}, deadline);
  if (!kept.ok()) co_return std::move(kept).error();
  co_return done;
}

// The same server, as its administrator.
std::string administratorOf(const std::string& url, const std::string& database) {
  const size_t host = url.find('@');
  const size_t path = url.find('/', host);
  return "postgresql://postgres@" + url.substr(host + 1, path - host - 1) + "/" + database;
}

Task<Status> claimInto(Claims& claims, JobClaim job, std::vector<ClaimAnswer>& answers) {
  auto answer = co_await claims.claim(job);
  if (!answer.ok()) co_return std::move(answer).error();
  answers = std::move(*answer);
  co_return done;
}

Task<void> claimChecked(Claims& claims, JobClaim job, std::vector<ClaimAnswer>& answers) {
  const Status status = co_await claimInto(claims, std::move(job), answers);
  EXPECT_TRUE(status.ok()) << status.error().message;
}

Task<void> join(Scope& scope) { co_await scope.join(); }

Task<bool> poll(Loop& loop, std::function<bool()> holds, Deadline deadline) {
  while (!holds()) {
    if (deadline.passed(loop.clock())) co_return false;
    co_await sleepFor(loop, Millis{2});
  }
  co_return true;
}

}  // namespace

std::string DatabaseTest::url() {
  const char* url = std::getenv("TIDINGS_PG_URL");
  if (url == nullptr) throw std::runtime_error("TIDINGS_PG_URL is not set: scripts/stack start");
  return url;
}

void DatabaseTest::SetUp() {
  suffix_ = std::to_string(random.bits() % 1'000'000'000'000);
  session_ = std::make_unique<pg::Connection>(
      loop, pg::ConnectionOptions{.url = url(), .purpose = "test"});
  session_->start();
  const Status ready = run(prepare(*session_, soon()));
  ASSERT_TRUE(ready.ok()) << ready.error().message;
}

void DatabaseTest::TearDown() {
  if (session_) run(session_->close());
  for (const std::string& database : databases_) {
    pg::Connection admin(loop, {.url = administratorOf(url(), "postgres"), .purpose = "test"});
    admin.start();
    const std::string drop = "drop database " + database + " with (force)";
    const pg::Params none;
    EXPECT_TRUE(run(admin.query(drop, none, soon())).ok());
    run(admin.close());
  }
}

std::string DatabaseTest::makeDatabase() {
  const std::string database = "tidings_test_" + suffix_;
  pg::Connection admin(loop, {.url = administratorOf(url(), "postgres"), .purpose = "test"});
  admin.start();
  const std::string create = "create database " + database + " owner tidings";
  const pg::Params none;
  const auto made = run(admin.query(create, none, soon()));
  run(admin.close());
  EXPECT_TRUE(made.ok()) << made.error().message;
  databases_.push_back(database);
  return url().substr(0, url().find('/', url().find('@')) + 1) + database;
}

pg::Rows DatabaseTest::sql(std::string_view text, std::vector<std::string> arguments) {
  pg::Params params;
  for (std::string& argument : arguments) params.text(std::move(argument));
  return sqlWith(text, params);
}

pg::Rows DatabaseTest::sqlWith(std::string_view text, const pg::Params& params) {
  auto rows = run(session_->query(text, params, soon()));
  EXPECT_TRUE(rows.ok()) << rows.error().message;
  return rows.ok() ? std::move(*rows) : pg::Rows{};
}

std::string DatabaseTest::value(std::string_view text, std::vector<std::string> arguments) {
  const pg::Rows rows = sql(text, std::move(arguments));
  return rows.empty() ? "(none)" : std::string(rows.text(0, 0));
}

bool DatabaseTest::until(std::function<bool()> holds, Millis most) {
  return run(poll(loop, std::move(holds), Deadline::after(clock.clock(), most)));
}

Member::Member(DatabaseTest& test, ClaimsOptions options)
    : test_(test), instance_(makeInstanceId(test.random)) {
  if (options.url.empty()) options.url = DatabaseTest::url();
  options.instance = instance_;
  options.restartGrace = Millis{0};  // however young the server is
  claims_ = std::make_unique<Claims>(test.loop, std::move(options));
  claims_->start();
  EXPECT_TRUE(test.until([this] { return claims_->connected(); }));
}

void Member::leave() {
  if (!claims_) return;
  test_.run(claims_->close());
  claims_.reset();
  // The server frees a session's locks a moment after its end.
  const std::string id = std::to_string(instance_.value);
  for (int i = 0; i < 1000; ++i) {
    if (test_.value("select count(*) from pg_locks where locktype = 'advisory' and classid = "
                    "1953063017 and objid = $1::bigint::oid",
                    {id}) == "0") {
      return;
    }
  }
  ADD_FAILURE() << "the instance's lock is still held";
}

void Member::loseSessions() {
  const uint64_t before = claims_->stats().sessions;
  test_.sql(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid "
      "= 1953063017 and objid = $1::bigint::oid",
      {std::to_string(instance_.value)});
  EXPECT_TRUE(
      test_.until([&] { return claims_->stats().sessions >= before + 2 && claims_->connected(); }));
}

std::vector<std::vector<ClaimAnswer>> Member::claimAll(std::vector<JobClaim> jobs) {
  std::vector<std::vector<ClaimAnswer>> answers(jobs.size());
  Scope scope;
  for (size_t i = 0; i < jobs.size(); ++i) {
    scope.spawn(claimChecked(*claims_, std::move(jobs[i]), answers[i]));
  }
  test_.run(join(scope));
  return answers;
}

std::vector<ClaimAnswer> Member::claimItems(JobClaim job) {
  std::vector<JobClaim> jobs;
  jobs.push_back(std::move(job));
  return std::move(claimAll(std::move(jobs)).at(0));
}

ClaimAnswer Member::claim(JobClaim job) { return claimItems(std::move(job)).at(0); }

TakenOver Member::settle(std::vector<Settlement> settlements) {
  auto settled = test_.run(claims_->settle(settlements));
  EXPECT_TRUE(settled.ok()) << settled.error().message;
  return settled.ok() ? std::move(*settled) : TakenOver{};
}

JobClaim jobFor(std::string id, std::string recipient, std::string channel, std::string address) {
  JobClaim job;
  job.notificationId = std::move(id);
  job.recipient = std::move(recipient);
  job.type = "test";
  job.items.push_back({{std::move(channel), std::move(address)}, std::nullopt, {}});
  return job;
}

Settlement settlementOf(const JobClaim& job, const ClaimAnswer& answer, DeliveryState state,
                        size_t item) {
  Settlement settlement;
  settlement.notificationId = job.notificationId;
  settlement.recipient = job.recipient;
  settlement.target = job.items[item].target;
  settlement.ticket = answer.ticket;
  settlement.state = state;
  settlement.attempt = answer.attempt + 1;
  return settlement;
}

}  // namespace tidings::store
