#include "store/tries.h"

#include <string_view>

namespace tidings::store {
namespace {

constexpr size_t perBatch = 1'000;  // a whole prefetch: its items are small
constexpr Millis lastPatience{1'000};
constexpr std::string_view beginSql = "select o_verdict from tidings.begin_tries($1, $2, $3, $4)";
// Whoever took the record over meanwhile needs it.
constexpr std::string_view endSql =
    "delete from tidings.tries where owner = $1 and hash = any($2::bigint[])";

}  // namespace

Tries::Tries(Loop& loop, pg::Connection& session, Options options)
    : loop_(loop),
      session_(session),
      options_(std::move(options)),
      begins_(loop, {.maxItems = perBatch, .maxOut = 1, .retryAfter = options_.retryAfter},
              [this](const auto& batch) { return flushBegins(*this, batch); }),
      ends_(loop, {.maxItems = perBatch, .maxOut = 1, .retryAfter = options_.retryAfter},
            [this](const auto& batch) { return flushEnds(*this, batch); }),
      lastEnds_(loop, {.maxItems = perBatch, .maxOut = 1},
                [this](const auto& batch) { return flushLastEnds(*this, batch); }) {}

Task<Tries::Verdicts::Answers> Tries::flushBegins(Tries& self, const std::vector<Try>& batch) {
  pg::BigintArray hashes(batch.size());
  pg::BoolArray alone(batch.size());
  for (const Try& one : batch) {
    hashes.add(one.hash);
    alone.add(one.alone);
  }
  pg::Params params;
  params.integer(self.options_.instance.value).integer(self.options_.restartGrace().count());
  params.array(std::move(hashes)).array(std::move(alone));
  auto rows = co_await self.session_.query(beginSql, params, self.options_.deadline());
  if (!rows.ok()) co_return std::move(rows).error();
  std::vector<Result<TryVerdict>> verdicts;
  verdicts.reserve(batch.size());
  for (int row = 0; row < rows->size(); ++row) {
    verdicts.emplace_back(static_cast<TryVerdict>(rows->integer(row, 0)));
  }
  co_return verdicts;
}

Task<Tries::Ends::Answers> Tries::endOn(pg::Connection& session, const std::vector<int64_t>& batch,
                                        Deadline deadline) {
  pg::BigintArray hashes(batch.size());
  for (const int64_t hash : batch) hashes.add(hash);
  pg::Params params;
  params.integer(options_.instance.value).array(std::move(hashes));
  auto rows = co_await session.query(endSql, params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  co_return std::vector<Result<Unit>>(batch.size(), done);
}

Task<Tries::Ends::Answers> Tries::flushEnds(Tries& self, const std::vector<int64_t>& batch) {
  return self.endOn(self.session_, batch, self.options_.deadline());
}

// The shared session ends with the stop.
Task<Tries::Ends::Answers> Tries::flushLastEnds(Tries& self, const std::vector<int64_t>& batch) {
  pg::Connection session(self.loop_, {.url = self.options_.url, .purpose = "claims"});
  session.start();
  auto ended =
      co_await self.endOn(session, batch, Deadline::after(self.loop_.clock(), lastPatience));
  co_await session.close();
  co_return ended;
}

void Tries::end(int64_t hash) { ending_.spawn(endOne(*this, hash)); }

Task<void> Tries::endOne(Tries& self, int64_t hash) {
  const Result<Unit> ended = co_await self.ends_.submit(hash);
  if (ended.ok()) co_return;
  const Result<Unit> ignored = co_await self.lastEnds_.submit(hash);
}

Task<void> Tries::join() {
  co_await begins_.join();
  co_await ending_.join();
  co_await ends_.join();
  co_await lastEnds_.join();
}

}  // namespace tidings::store
