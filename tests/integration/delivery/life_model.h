// The life of a delivery as docs/architecture.md tells it, in memory: what a claim is answered,
// what may follow from an attempt, and the timeline that the journal has to show.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "notification/outcome.h"
#include "store/job_claim.h"
#include "store/settlement.h"

namespace tidings::delivery {

struct Life {
  notification::DeliveryState state = notification::DeliveryState::sending;
  std::string reason;
  int attempt = 0;
  int owner = 0;
  int64_t claim = 0;  // its token
  int deaths = 0;     // of owners, since it was last settled
  std::vector<std::string> timeline;

  void become(notification::DeliveryState next, std::string why, int attempts);
  bool wasSent() const;
};

// Of one recipient on one channel: the message's id and the address.
using LifeKey = std::pair<std::string, std::string>;

class LifeModel {
 public:
  struct Expected {
    store::Verdict verdict;
    int attempt;
  };
  void die(int owner) { gone_.insert(owner); }
  Expected claim(int owner, const store::JobClaim& job, size_t item);
  // Whose claim an answer made it.
  void claimed(const LifeKey& key, int64_t token) { lives_[key].claim = token; }
  void settle(const store::Settlement& row);
  const std::map<LifeKey, Life>& lives() const { return lives_; }

 private:
  Expected take(Life& life, int owner, int attempt, std::optional<store::SkipReason> skip);
  Expected takeOver(Life& life, int owner, const store::JobClaim& job, size_t item);

  std::map<LifeKey, Life> lives_;
  std::set<int> gone_;
};

// What an attempt came to; nullopt: no provider was asked.
using Answered = std::optional<notification::Outcome>;

struct AttemptRules {
  int attempts = 1;  // of the type
  bool skipsUncertain = false;
  bool expires = false;
  bool isOld = false;  // longer than the patience
  bool stopping = false;
  bool isEarly = false;    // for its sendAt
  bool takenOver = false;  // from an owner that died
};

// "state reason attempt" of everything that may follow.
std::set<std::string> mayFollow(const Answered& answered, int before, const AttemptRules& rules);

}  // namespace tidings::delivery
