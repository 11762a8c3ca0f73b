// Claims and settles messages as a worker does, as fast as the database lets it, and says what a
// message costs: worker CPU, server CPU (when the server is local), WAL bytes, round trips.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/loop.h"
#include "runtime/scope.h"
#include "store/claims.h"
#include "store/partitions.h"

namespace tidings::store {
namespace {

struct Bench {
  int messages = 100'000;
  int inFlight = 400;
  int caps = 0;
  int recipients = 200'000;
  int next = 0;
  int wrong = 0;
  std::string run;
};

double ownCpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Of the server's processes that serve claims and settlements, as long as they run here.
double serverCpu(const pg::Rows& pids) {
  double ticks = 0;
  for (int row = 0; row < pids.size(); ++row) {
    std::ifstream stat("/proc/" + std::string(pids.text(row, 0)) + "/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    if (text.empty()) continue;
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skip;
    for (int i = 0; i < 11; ++i) fields >> skip;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    ticks += user + system;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

JobClaim jobNumber(const Bench& bench, int number) {
  JobClaim job;
  job.notificationId = "0193c8f0-" + bench.run + "-" + std::to_string(number);
  job.recipient = "user-" + std::to_string(number % bench.recipients);
  job.type = "bench";
  job.items.push_back({{"push", std::string(140, 'k') + std::to_string(number)}, std::nullopt, {}});
  for (int cap = 0; cap < bench.caps; ++cap) {
    job.items[0].caps.push_back({"cap" + std::to_string(cap), 50, std::chrono::hours{24}, false});
  }
  return job;
}

Task<void> journeys(Bench& bench, Claims& claims) {
  while (bench.next < bench.messages) {
    const JobClaim job = jobNumber(bench, bench.next++);
    auto answer = co_await claims.claim(job);
    if (!answer.ok() || answer->front().verdict != Verdict::claimed) {
      ++bench.wrong;
      continue;
    }
    Settlement sent;
    sent.notificationId = job.notificationId;
    sent.recipient = job.recipient;
    sent.target = job.items[0].target;
    sent.ticket = answer->front().ticket;
    sent.provider = "fcm";
    sent.providerMessageId = "projects/bench/messages/0:1700000000000000%31bd1c9631bd1c96";
    sent.attempt = 1;
    std::vector<Settlement> settlements;
    settlements.push_back(std::move(sent));
    const auto settled = co_await claims.settle(settlements);
    bench.wrong += settled.ok() ? 0 : 1;
  }
}

Task<pg::Rows> ask(pg::Connection& session, Loop& loop, std::string_view sql) {
  const pg::Params none;
  auto rows = co_await session.query(sql, none, Deadline::after(loop.clock(), Millis{60'000}));
  if (!rows.ok()) {
    std::fprintf(stderr, "%s\n", rows.error().message.c_str());
    std::exit(1);
  }
  co_return std::move(*rows);
}

Task<void> measure(Bench& bench, Claims& claims, pg::Connection& session, Loop& loop) {
  constexpr std::string_view walSql = "select pg_current_wal_insert_lsn() - '0/0'";
  constexpr std::string_view pidSql =
      "select pid from pg_stat_activity where application_name in ('tidings claims', 'tidings "
      "settlements')";
  auto kept = co_await maintainPartitions(session, std::chrono::days{7},
                                          Deadline::after(loop.clock(), Millis{60'000}));
  if (!kept.ok()) std::exit(1);
  claims.start();
  const JobClaim warm = jobNumber(bench, -1);
  auto warmed = co_await claims.claim(warm);
  const pg::Rows pids = co_await ask(session, loop, pidSql);
  const pg::Rows walBefore = co_await ask(session, loop, walSql);
  const double serverBefore = serverCpu(pids);
  const double ownBefore = ownCpu();
  const MonoTime from = loop.clock().mono();
  Scope scope;
  for (int i = 0; i < bench.inFlight; ++i) scope.spawn(journeys(bench, claims));
  co_await scope.join();
  const std::chrono::duration<double> took = loop.clock().mono() - from;
  const double own = ownCpu() - ownBefore;
  const double server = serverCpu(pids) - serverBefore;
  const pg::Rows walAfter = co_await ask(session, loop, walSql);
  const auto stats = claims.stats();
  const double n = bench.messages;
  std::printf(
      "%d messages, %d in flight, %d caps: %.0f/s; worker %.1f us, server %.1f us, WAL %.0f B, "
      "%.4f round trips a message; %.0f jobs a claim batch; %d wrong\n",
      bench.messages, bench.inFlight, bench.caps, n / took.count(), own / n * 1e6, server / n * 1e6,
      static_cast<double>(walAfter.integer(0, 0) - walBefore.integer(0, 0)) / n,
      static_cast<double>(stats.roundTrips) / n, n / static_cast<double>(stats.claimBatches),
      bench.wrong);
  co_await claims.close();
  co_await session.close();
}

int main(int argc, char** argv) {
  const char* url = std::getenv("TIDINGS_PG_URL");
  if (url == nullptr) {
    std::fprintf(stderr, "TIDINGS_PG_URL is not set\n");
    return 2;
  }
  SystemClock clock;
  Loop loop(clock);
  Random random;
  Bench bench;
  bench.run = std::to_string(random.bits() % 1'000'000'000);
  if (argc > 1) bench.messages = std::atoi(argv[1]);
  if (argc > 2) bench.inFlight = std::atoi(argv[2]);
  if (argc > 3) bench.caps = std::atoi(argv[3]);
  if (argc > 4) bench.recipients = std::atoi(argv[4]);
  Claims claims(loop, {.url = url, .instance = makeInstanceId(random), .maxJobs = 100});
  pg::Connection session(loop, {.url = url, .purpose = "bench"});
  session.start();
  loop.run(measure(bench, claims, session, loop));
  return bench.wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tidings::store

int main(int argc, char** argv) { return tidings::store::main(argc, argv); }
