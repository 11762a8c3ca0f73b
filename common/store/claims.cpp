#include "store/claims.h"

#include <algorithm>
#include <optional>

#include "base/random.h"
#include "pg/connection.h"
#include "runtime/batcher.h"
#include "store/batch_pace.h"
#include "store/claim_codec.h"
#include "store/settle_codec.h"

namespace tidings::store {
namespace {

using ClaimBatcher = Batcher<PendingClaim, std::vector<ClaimAnswer>>;
using SettleBatcher = Batcher<const Settlements*, TakenOver>;

constexpr Millis firstRetry{20};
constexpr Millis lastRetry{1'000};
constexpr Millis always = std::chrono::years{100};
constexpr std::string_view claiming = "claims";  // the purpose of a session

const Error unfit{ErrorKind::invalid, "a text with a NUL byte can't be stored"};

}  // namespace

struct Claims::Impl {
  Impl(Loop& l, ClaimsOptions o)
      : loop(l),
        options(std::move(o)),
        claimPace(loop.clock(), options.queryTimeout),
        settlePace(loop.clock(), options.queryTimeout),
        claimSession(loop, session(std::string(claiming))),
        settleSession(loop, session("settlements")),
        claims(loop, {.maxItems = options.maxJobs, .maxOut = 1, .retryAfter = retry()},
               [this](const auto& batch) { return flushClaims(*this, batch); }),
        settles(loop, {.maxItems = options.maxJobs, .maxOut = 1, .retryAfter = retry()},
                [this](const auto& batch) { return flushSettles(*this, batch); }),
        tries(loop, claimSession,
              {.instance = options.instance,
               .restartGrace = [this] { return grace(); },
               .deadline = [this] { return claimPace.alone(); },
               .retryAfter = whateverTheError(),
               .url = options.url}),
        begun(loop, claimSession,
              {.retention = options.retention,
               .deadline = [this] { return claimPace.alone(); },
               .retryAfter = whateverTheError()}) {}

  pg::ConnectionOptions session(std::string purpose) {
    pg::ConnectionOptions made;
    made.url = options.url;
    made.greeting = {holdInstance(options.instance)};
    made.onChange = [this, purpose](bool up, std::string_view why) {
      if (up && purpose == claiming) upSince = loop.clock().mono();
      if (!up) trouble(purpose + ": no session: " + std::string(why));
    };
    made.purpose = std::move(purpose);
    return made;
  }

  // What waits for a session goes out with the next one. The first of a process says nothing of
  // others: the messages of a worker that was killed don't wait for its successor.
  Millis grace() const {
    const uint64_t sessions = claimSession.stats().sessions;
    const bool up = claimSession.connected();
    const bool first = sessions == 0 || (sessions == 1 && up);
    const bool longBack = up && loop.clock().mono() - upSince >= options.reconnectGrace;
    return first || longBack ? options.restartGrace : always;
  }

  void trouble(std::string_view what) const {
    if (options.onTrouble) options.onTrouble(what);
  }

  // What the server refuses may be the fault of an item, which is then to be found.
  std::function<std::optional<Millis>(const Error&, int)> retry() {
    return [this](const Error& error, int failures) -> std::optional<Millis> {
      if (error.kind == ErrorKind::invalid) return std::nullopt;
      return backoff(error, failures);
    };
  }

  std::function<std::optional<Millis>(const Error&, int)> whateverTheError() {
    return [this](const Error& error, int failures) { return backoff(error, failures); };
  }

  // For ever, because all statements recognise a batch that was committed before.
  std::optional<Millis> backoff(const Error& error, int failures) {
    if (options.stop.stop_requested()) return std::nullopt;
    ++stats.batchRetries;
    trouble("trying a batch again: " + error.message);
    const Millis cap = std::min(lastRetry, firstRetry * (1 << std::min(failures, 10)));
    return random.between(cap / 2, cap);
  }

  static Task<ClaimBatcher::Answers> flushClaims(Impl& self,
                                                 const std::vector<PendingClaim>& batch);
  static Task<ClaimBatcher::Answers> claimNow(Impl& self, const std::vector<PendingClaim>& batch,
                                              Deadline deadline);
  static Task<SettleBatcher::Answers> flushSettles(Impl& self,
                                                   const std::vector<const Settlements*>& batch);
  static Task<SettleBatcher::Answers> settleNow(Impl& self,
                                                const std::vector<const Settlements*>& batch,
                                                Deadline deadline);
  void stopSessions() {
    claimSession.stop();
    settleSession.stop();
  }

  Loop& loop;
  ClaimsOptions options;
  Random random;
  Stats stats;
  BatchPace claimPace, settlePace;
  MonoTime upSince{};  // the session that claims
  pg::Connection claimSession;
  pg::Connection settleSession;
  ClaimBatcher claims;
  SettleBatcher settles;
  Tries tries;
  Begun begun;
  std::optional<std::stop_callback<std::function<void()>>> onStop;
};

// One by one, so that what is wrong with one job holds up no other.
template <class Out, class In, class Flush>
Task<Result<std::vector<Result<Out>>>> oneByOne(std::vector<In> batch, Flush flush) {
  std::vector<Result<Out>> answers;
  for (const In& item : batch) {
    const std::vector<In> alone{item};
    auto answer = co_await flush(alone);
    if (answer.ok()) {
      answers.push_back(std::move(answer->front()));
    } else if (answer.error().kind == ErrorKind::invalid) {
      answers.emplace_back(answer.error());
    } else {
      co_return std::move(answer).error();  // all again; those done recognise themselves
    }
  }
  co_return answers;
}

Task<ClaimBatcher::Answers> Claims::Impl::flushClaims(Impl& self,
                                                      const std::vector<PendingClaim>& batch) {
  const Deadline deadline = self.claimPace.together();
  auto answers = co_await claimNow(self, batch, deadline);
  if (!self.claimPace.goAlone(answers, batch.size(), deadline)) co_return answers;
  self.trouble("a batch goes item by item: " + answers.error().message);
  const auto flush = [&self](const std::vector<PendingClaim>& alone) {
    return claimNow(self, alone, self.claimPace.alone());
  };
  co_return co_await oneByOne<std::vector<ClaimAnswer>>(eachAlone(batch), flush);
}

Task<ClaimBatcher::Answers> Claims::Impl::claimNow(Impl& self,
                                                   const std::vector<PendingClaim>& batch,
                                                   Deadline deadline) {
  const ClaimContext context{self.options.instance, self.options.retention, self.grace()};
  const pg::Params params = encodeClaims(batch, context);
  auto rows = co_await self.claimSession.query(claimSqlFor(batch), params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  ++self.stats.claimBatches;
  self.stats.claimJobs += batch.size();
  std::vector<Result<std::vector<ClaimAnswer>>> answers;
  answers.reserve(batch.size());
  for (auto& answer : decodeClaims(*rows, batch)) answers.emplace_back(std::move(answer));
  co_return answers;
}

Task<SettleBatcher::Answers> Claims::Impl::flushSettles(
    Impl& self, const std::vector<const Settlements*>& batch) {
  const Deadline deadline = self.settlePace.together();
  auto answers = co_await settleNow(self, batch, deadline);
  if (!self.settlePace.goAlone(answers, batch.size(), deadline)) co_return answers;
  self.trouble("a batch goes item by item: " + answers.error().message);
  const auto flush = [&self](const std::vector<const Settlements*>& alone) {
    return settleNow(self, alone, self.settlePace.alone());
  };
  co_return co_await oneByOne<TakenOver>(batch, flush);
}

Task<SettleBatcher::Answers> Claims::Impl::settleNow(Impl& self,
                                                     const std::vector<const Settlements*>& batch,
                                                     Deadline deadline) {
  const pg::Params params = encodeSettlements(batch);
  auto rows = co_await self.settleSession.query(settleSql, params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  ++self.stats.settleBatches;
  for (const Settlements* job : batch) self.stats.settlements += job->size();
  std::vector<Result<TakenOver>> answers;
  answers.reserve(batch.size());
  for (auto& takenOver : decodeSettled(*rows, batch)) answers.emplace_back(std::move(takenOver));
  co_return answers;
}

Claims::Claims(Loop& loop, ClaimsOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
Claims::~Claims() = default;

void Claims::start() {
  impl_->claimSession.start();
  impl_->settleSession.start();
  impl_->onStop.emplace(impl_->options.stop, [impl = impl_.get()] { impl->stopSessions(); });
}

bool Claims::connected() const {
  return impl_->claimSession.connected() && impl_->settleSession.connected();
}

Task<Result<std::vector<ClaimAnswer>>> Claims::claim(const JobClaim& job) {
  using Answers = Result<std::vector<ClaimAnswer>>;
  if (job.items.empty()) return answered<Answers>(std::vector<ClaimAnswer>{});
  if (!fitsDatabase(job)) return answered<Answers>(unfit);
  // Room for one token per item of a batch that this job may lead.
  const auto token = static_cast<int64_t>(impl_->random.bits() >> 2);
  return impl_->claims.submit({&job, token});
}

Task<Result<TakenOver>> Claims::settle(const std::vector<Settlement>& settlements) {
  using Answer = Result<TakenOver>;
  if (settlements.empty()) return answered<Answer>(TakenOver{});
  for (const Settlement& settlement : settlements) {
    if (!fitsDatabase(settlement)) return answered<Answer>(unfit);
  }
  return impl_->settles.submit(&settlements);
}

Task<Result<Begun::Targets>> Claims::begun(JobKey job) { return impl_->begun.of(std::move(job)); }
Task<Result<TryVerdict>> Claims::beginTry(Try attempt) { return impl_->tries.begin(attempt); }
void Claims::endTry(int64_t hash) { impl_->tries.end(hash); }

Task<void> Claims::close() {
  co_await impl_->tries.join();
  co_await impl_->begun.join();
  co_await impl_->claims.join();
  co_await impl_->settles.join();
  impl_->onStop.reset();
  co_await impl_->claimSession.close();
  co_await impl_->settleSession.close();
}

Claims::Stats Claims::stats() const {
  Stats all = impl_->stats;
  for (const pg::Connection* each : {&impl_->claimSession, &impl_->settleSession}) {
    all.roundTrips += each->stats().roundTrips;
    all.sessions += each->stats().sessions;
    all.failures += each->stats().failures;
  }
  return all;
}

}  // namespace tidings::store
