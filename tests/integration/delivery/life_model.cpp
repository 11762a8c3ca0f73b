#include "integration/delivery/life_model.h"

#include <algorithm>

namespace tidings::delivery {

using notification::DeliveryState;
using notification::OutcomeKind;
using store::Verdict;

void Life::become(DeliveryState next, std::string why, int attempts) {
  state = next;
  reason = std::move(why);
  attempt = attempts;
  timeline.push_back(std::string(toString(state)) + " " + reason + " " + std::to_string(attempt));
}

bool Life::wasSent() const {
  return std::any_of(timeline.begin(), timeline.end(),
                     [](const std::string& entry) { return entry.starts_with("sent "); });
}

LifeModel::Expected LifeModel::claim(int owner, const store::JobClaim& job, size_t item) {
  const LifeKey key{job.notificationId, job.items[item].target.address};
  const auto& skip = job.items[item].skip;
  const auto [found, isNew] = lives_.try_emplace(key);
  Life& life = found->second;
  if (isNew) return take(life, owner, job.attempt, skip);
  const Expected again{job.redelivered ? Verdict::followUp : Verdict::duplicate, life.attempt};
  switch (life.state) {
    case DeliveryState::sending:
      return takeOver(life, owner, job, item);
    case DeliveryState::retrying:
    case DeliveryState::deferred:
      return job.attempt < life.attempt ? again : take(life, owner, job.attempt, skip);
    case DeliveryState::dead:
      return job.replay ? take(life, owner, 0, skip) : again;
    default:
      return {Verdict::duplicate, life.attempt};
  }
}

LifeModel::Expected LifeModel::take(Life& life, int owner, int attempt,
                                    std::optional<store::SkipReason> skip) {
  life.owner = owner;
  life.deaths = 0;
  if (skip) {
    life.become(DeliveryState::skipped, std::string(toString(*skip)), attempt);
    return {Verdict::skipped, attempt};
  }
  life.become(DeliveryState::sending, "", attempt);
  return {Verdict::claimed, attempt};
}

LifeModel::Expected LifeModel::takeOver(Life& life, int owner, const store::JobClaim& job,
                                        size_t item) {
  if (!job.redelivered) return {Verdict::duplicate, life.attempt};
  if (!gone_.contains(life.owner)) return {Verdict::busy, life.attempt};
  if (life.deaths == 1 && !job.exclusive) return {Verdict::suspect, life.attempt};
  life.timeline.back() = "sending uncertain " + std::to_string(life.attempt);
  if (life.deaths == 2) {
    life.become(DeliveryState::dead, "poison", life.attempt);
    return {Verdict::poison, life.attempt};
  }
  const int deaths = life.deaths + 1;
  Expected expected = take(life, owner, life.attempt, job.items[item].skip);
  life.deaths = deaths;
  if (expected.verdict == Verdict::claimed) expected.verdict = Verdict::takenOver;
  return expected;
}

void LifeModel::settle(const store::Settlement& row) {
  Life& life = lives_.at({row.notificationId, row.target.address});
  if (life.state != DeliveryState::sending || life.claim != row.ticket.token) return;
  life.deaths = 0;
  life.become(row.state, row.reason, row.attempt);
}

std::set<std::string> mayFollow(const Answered& answered, int before, const AttemptRules& rules) {
  const std::string made = " " + std::to_string(before + 1), same = " " + std::to_string(before);
  std::set<std::string> may;
  const auto again = [&](const std::string& why) {
    may.insert(before + 1 >= rules.attempts ? "dead retries_exhausted" + made
                                            : "retrying " + why + made);
    if (rules.expires) may.insert("skipped expired" + made);
  };
  const auto wait = [&](const std::string& so, const std::string& inTheEnd) {
    may.insert(so + same);
    if (rules.expires) may.insert("skipped expired" + same);
    if (rules.isOld) may.insert("dead " + inTheEnd + same);
  };
  if (!answered) {
    if (rules.takenOver && rules.skipsUncertain) may.insert("skipped uncertain" + same);
    if (rules.isEarly) may.insert("deferred send_at" + same);
    return may;
  }
  if (rules.stopping) return {"retrying shutdown" + same};
  switch (answered->kind) {
    case OutcomeKind::sent:
      return {"sent " + made};
    case OutcomeKind::permanent:
      return {"dead permanent" + made};
    case OutcomeKind::tooLarge:
      return {"dead too_large" + made};
    case OutcomeKind::recipientGone:
      return {"dead recipient_gone" + made};
    case OutcomeKind::throttled:
      wait("retrying throttled", "retries_exhausted");
      break;
    case OutcomeKind::auth:
      wait("deferred provider_auth", "expired_provider_auth");
      break;
    case OutcomeKind::unknown:
      if (rules.skipsUncertain) return {"skipped uncertain" + made};
      again("uncertain");
      break;
    case OutcomeKind::transient:
      if (rules.skipsUncertain && !answered->nothingSent) return {"skipped uncertain" + made};
      again("");
  }
  return may;
}

}  // namespace tidings::delivery
