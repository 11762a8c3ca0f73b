#include "store/claim_codec.h"

#include <algorithm>
#include <functional>

namespace tidings::store {
namespace {

// Which jobs have the same key as another one of the batch. By hash: should two keys ever share
// one, their jobs only go the slower way.
class Twins {
 public:
  explicit Twins(const std::vector<PendingClaim>& claims) {
    hashes_.reserve(claims.size());
    for (const auto& claim : claims) hashes_.push_back(hashOf(*claim.job));
    std::sort(hashes_.begin(), hashes_.end());
  }
  bool contain(const JobClaim& job) const {
    const auto [from, to] = std::equal_range(hashes_.begin(), hashes_.end(), hashOf(job));
    return to - from > 1;
  }

 private:
  static size_t hashOf(const JobClaim& job) {
    constexpr std::hash<std::string> hash;
    return hash(job.notificationId) * 31 + hash(job.recipient);
  }
  std::vector<size_t> hashes_;
};

bool anyTried(const std::vector<PendingClaim>& claims) {
  return std::any_of(claims.begin(), claims.end(),
                     [](const PendingClaim& claim) { return claim.job->tried.has_value(); });
}

// Of each item, the record of its job.
pg::BigintArray triedOf(const std::vector<PendingClaim>& claims) {
  pg::BigintArray tried(claims.size());
  for (const auto& claim : claims) {
    for (size_t i = 0; i < claim.job->items.size(); ++i) {
      if (claim.job->tried) {
        tried.add(*claim.job->tried);
      } else {
        tried.addNull();
      }
    }
  }
  return tried;
}

std::string namesOf(const std::vector<CapRef>& caps) {
  pg::ArrayText names(0);
  for (const CapRef& cap : caps) names.add(cap.name);
  return std::move(names).take();
}

// The arrays of tidings.claim(), filled item by item.
struct Arrays {
  explicit Arrays(size_t expected)
      : id(expected * 48),
        recipient(expected * 32),
        type(expected * 16),
        channel(expected * 10),
        address(expected * 160),
        attempt(expected),
        priority(expected),
        flags(expected),
        skip(expected * 8),
        caps(expected * 20) {}

  pg::TextArray id, recipient, type, channel, address;
  pg::IntArray attempt, priority, flags;
  pg::TextArray skip, caps;
  pg::IntArray capItem;
  pg::TextArray capRecipient, capName;
  pg::IntArray capLimit;
  pg::BigintArray capWindow;
  pg::BoolArray capDefer, capFirst;
  int64_t items = 0;

  void addItem(const JobClaim& job, const JobClaim::Item& item, int64_t jobFlags, bool takesSlots) {
    ++items;
    id.add(job.notificationId);
    recipient.add(job.recipient);
    type.add(job.type);
    channel.add(item.target.channel);
    address.add(item.target.address);
    attempt.add(job.attempt);
    priority.add(job.priority);
    flags.add(jobFlags);
    skip.addOrNull(item.skip ? notification::toString(*item.skip) : "");
    if (takesSlots) {
      caps.add(namesOf(item.caps));
    } else {
      caps.addNull();
    }
    for (const CapRef& cap : item.caps) addCap(job, cap, takesSlots);
  }

  void addCap(const JobClaim& job, const CapRef& cap, bool first) {
    capItem.add(items);
    capRecipient.add(job.recipient);
    capName.add(cap.name);
    capLimit.add(cap.limit);
    capWindow.add(cap.window.count());
    capDefer.add(cap.defer);
    capFirst.add(first);
  }
};

// One slot per job and channel: the first item that is to be sent takes it.
bool takesSlots(const JobClaim& job, size_t place) {
  const auto& item = job.items[place];
  if (item.skip || item.caps.empty()) return false;
  return std::none_of(job.items.begin(), job.items.begin() + static_cast<std::ptrdiff_t>(place),
                      [&](const JobClaim::Item& earlier) {
                        return !earlier.skip && earlier.target.channel == item.target.channel;
                      });
}

bool hasTwins(const JobClaim& job) {
  for (size_t i = 1; i < job.items.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (job.items[i].target == job.items[j].target) return true;
    }
  }
  return false;
}

std::optional<WallTime> timeAt(const pg::Rows& rows, int row, int column) {
  if (rows.isNull(row, column)) return std::nullopt;
  return WallTime{Millis{rows.integer(row, column)}};
}

ClaimAnswer answerAt(const pg::Rows& rows, int row, int64_t token) {
  ClaimAnswer answer;
  answer.now = WallTime{Millis{rows.integer(0, 4)}};
  answer.verdict = static_cast<Verdict>(rows.integer(row, 1));
  answer.attempt = static_cast<int>(rows.integer(row, 2));
  answer.ticket = {rows.integer(row, 3), token};
  if (answer.verdict == Verdict::capped) answer.freeAt = timeAt(rows, row, 4);
  if (answer.verdict == Verdict::followUp) {
    answer.followUp =
        FollowUp{notification::parseDeliveryState(rows.text(row, 5)).value_or(DeliveryState::dead),
                 timeAt(rows, row, 4), std::string(rows.text(row, 6)),
                 std::string(rows.text(row, 7)), std::string(rows.text(row, 8))};
  }
  return answer;
}

}  // namespace

std::vector<PendingClaim> eachAlone(const std::vector<PendingClaim>& batch) {
  std::vector<PendingClaim> claims;
  claims.reserve(batch.size());
  int64_t token = batch.front().token;
  for (const PendingClaim& claim : batch) {
    claims.push_back({claim.job, token});
    token += static_cast<int64_t>(claim.job->items.size());
  }
  return claims;
}

pg::Params encodeClaims(const std::vector<PendingClaim>& claims, const ClaimContext& context) {
  const Twins twins(claims);
  Arrays a(claims.size());
  for (const auto& claim : claims) {
    const JobClaim& job = *claim.job;
    const bool again = twins.contain(job) || hasTwins(job);
    const int64_t flags = (job.redelivered ? 1 : 0) | (job.replay ? 2 : 0) |
                          (job.exclusive ? 4 : 0) | (again ? 8 : 0);
    for (size_t i = 0; i < job.items.size(); ++i) {
      a.addItem(job, job.items[i], flags, takesSlots(job, i));
    }
  }
  const auto days = std::chrono::ceil<std::chrono::days>(context.retention).count();
  pg::Params params;
  params.integer(context.instance.value).integer(claims.front().token).integer(days);
  params.integer(context.restartGrace.count());
  for (pg::Array* array : std::initializer_list<pg::Array*>{
           &a.id, &a.recipient, &a.type, &a.channel, &a.address, &a.attempt, &a.priority, &a.flags,
           &a.skip, &a.caps, &a.capItem, &a.capRecipient, &a.capName, &a.capLimit, &a.capWindow,
           &a.capDefer, &a.capFirst}) {
    params.array(std::move(*array));
  }
  if (anyTried(claims)) {
    params.array(triedOf(claims));
  }
  return params;
}

std::string_view claimSqlFor(const std::vector<PendingClaim>& claims) {
  // No answer: plainly claimed, or skipped as asked. The verdicts are those of endsRecord().
  static const std::string tried =
      "with answers as materialized (" + std::string(claimSql) +
      "), ended as (delete from tidings.tries t"
      " using unnest($22::bigint[]) with ordinality u (hash, item)"
      " left join answers a on a.o_item = u.item"
      " where t.owner = $1 and t.hash = u.hash and coalesce(a.o_verdict, 0) in (0, 1, 2, 7)) "
      "select * from answers";
  return anyTried(claims) ? tried : claimSql;
}

std::vector<std::vector<ClaimAnswer>> decodeClaims(const pg::Rows& rows,
                                                   const std::vector<PendingClaim>& claims) {
  const int64_t today = rows.integer(0, 3);
  int row = 1;  // the others are in the order of the items
  int64_t place = 0;
  std::vector<std::vector<ClaimAnswer>> answers;
  answers.reserve(claims.size());
  for (const auto& claim : claims) {
    auto& out = answers.emplace_back();
    out.reserve(claim.job->items.size());
    for (const auto& item : claim.job->items) {
      const int64_t token = claims.front().token + ++place;
      if (row < rows.size() && rows.integer(row, 0) == place) {
        out.push_back(answerAt(rows, row++, token));
      } else {
        out.push_back({.verdict = item.skip ? Verdict::skipped : Verdict::claimed,
                       .attempt = claim.job->attempt,
                       .ticket = {today, token},
                       .now = {},
                       .freeAt = {},
                       .followUp = {}});
      }
    }
  }
  return answers;
}

bool fitsDatabase(const JobClaim& job) {
  const auto fits = [](const JobClaim::Item& item) {
    return pg::fitsText(item.target.channel) && pg::fitsText(item.target.address) &&
           std::all_of(item.caps.begin(), item.caps.end(),
                       [](const CapRef& cap) { return pg::fitsText(cap.name); });
  };
  return pg::fitsText(job.notificationId) && pg::fitsText(job.recipient) &&
         pg::fitsText(job.type) && std::all_of(job.items.begin(), job.items.end(), fits);
}

}  // namespace tidings::store
