#include "store/begun.h"

#include <string_view>

namespace tidings::store {
namespace {

constexpr size_t perBatch = 500;
constexpr std::string_view readSql =
    "select o_item, o_channel, o_address from tidings.begun($1, $2, $3)";

}  // namespace

Begun::Begun(Loop& loop, pg::Connection& session, Options options)
    : session_(session),
      options_(std::move(options)),
      reads_(loop, {.maxItems = perBatch, .maxOut = 1, .retryAfter = options_.retryAfter},
             [this](const auto& batch) { return read(*this, batch); }) {}

// What the database can't hold is not there.
Task<Result<Begun::Targets>> Begun::of(JobKey job) {
  if (!pg::fitsText(job.notificationId) || !pg::fitsText(job.recipient)) {
    return answered<Result<Targets>>(Targets{});
  }
  return reads_.submit(std::move(job));
}

Task<Begun::Reads::Answers> Begun::read(Begun& self, const std::vector<JobKey>& batch) {
  pg::TextArray ids(batch.size() * 24), recipients(batch.size() * 24);
  for (const JobKey& job : batch) {
    ids.add(job.notificationId);
    recipients.add(job.recipient);
  }
  pg::Params params;
  params.integer(std::chrono::ceil<std::chrono::days>(self.options_.retention).count());
  params.array(std::move(ids)).array(std::move(recipients));
  auto rows = co_await self.session_.query(readSql, params, self.options_.deadline());
  if (!rows.ok()) co_return std::move(rows).error();
  std::vector<Result<Targets>> answers(batch.size(), Targets{});
  for (int row = 0; row < rows->size(); ++row) {
    answers[static_cast<size_t>(rows->integer(row, 0)) - 1]->push_back(
        {std::string(rows->text(row, 1)), std::string(rows->text(row, 2))});
  }
  co_return answers;
}

Task<void> Begun::join() { co_await reads_.join(); }

}  // namespace tidings::store
