#include "integration/delivery/tries_model.h"

namespace tidings::delivery {

using store::TryVerdict;

namespace {
constexpr int mostDeaths = 2;  // besides that of the first delivery, which nobody recorded
}

TryVerdict TriesModel::begin(int owner, store::Try attempt) {
  const auto [found, isNew] = records_.try_emplace(attempt.hash, Record{0, owner});
  Record& record = found->second;
  if (isNew) return TryVerdict::go;
  if (record.owner != owner) {
    if (!gone_.contains(record.owner)) return TryVerdict::busy;
    if (!attempt.alone && record.deaths + 1 < mostDeaths) return TryVerdict::alone;
    record = {record.deaths + 1, owner};
  }
  if (record.deaths >= mostDeaths) return TryVerdict::poison;
  return attempt.alone || record.deaths == 0 ? TryVerdict::go : TryVerdict::alone;
}

void TriesModel::end(int owner, int64_t hash) {
  const auto found = records_.find(hash);
  if (found != records_.end() && found->second.owner == owner) records_.erase(found);
}

}  // namespace tidings::delivery
