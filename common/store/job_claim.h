// The words of a claim: what a worker asks of the log before it sends, and what it is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "notification/delivery.h"

namespace tidings::store {

using notification::DeliveryState;
using notification::SkipReason;
using notification::Target;

// At most `limit` jobs per recipient and channel in any `window`.
struct CapRef {
  std::string name;
  int limit = 0;
  Millis window{};
  bool defer = false;  // over the cap: wait for a free slot instead of dropping
};

// One job: a message for one recipient.
struct JobClaim {
  std::string notificationId, recipient, type;
  int priority = 2;
  int attempt = 0;           // attempts already made, from the message's header
  bool redelivered = false;  // the message may have been seen before
  bool replay = false;       // an admin replays it: dead deliveries start again
  bool exclusive = false;    // processed alone: suspects allowed
  // The hash of its record (tries.h), which ends with this claim if endsRecord() says so.
  std::optional<int64_t> tried = {};
  struct Item {
    Target target;
    std::optional<SkipReason> skip;  // write it as skipped instead of claiming it
    std::vector<CapRef> caps;
  };
  std::vector<Item> items;
};

enum class Verdict {
  claimed,    // ours: send it
  takenOver,  // ours, but its previous owner died while sending: it may have been sent
  skipped,    // written as skipped, as asked
  duplicate,  // finished, or somebody else's live work on another copy: nothing to do
  capped,     // over a cap: written as skipped (drop) or deferred (freeAt is set)
  busy,       // redelivered, but its earlier owner still lives: look again soon
  followUp,   // settled before, but what follows may not have been published: publish it again
  suspect,    // its workers died twice: nothing was changed; come back with exclusive = true
  poison,     // its workers died three times: written as dead
};

std::string_view toString(Verdict verdict);

// Proof of a claim; opaque. Settling needs it, so a claim that was taken over cannot be settled by
// its former owner.
struct ClaimTicket {
  int64_t day = 0;    // partition: days since 1970
  int64_t token = 0;  // this claim
};

struct FollowUp {
  DeliveryState state = DeliveryState::retrying;  // or deferred, dead
  std::optional<WallTime> nextAttemptAt;
  std::string reason, provider, error;
};

struct ClaimAnswer {
  Verdict verdict = Verdict::duplicate;
  int attempt = 0;  // attempts made so far; 0 again after a replay
  ClaimTicket ticket;
  WallTime now{};  // the database's, by which the two below are meant; not set where claimed
  std::optional<WallTime> freeAt;    // capped with defer: when a slot is free
  std::optional<FollowUp> followUp;  // verdict followUp
};

// Of the answers to one job: whether its record ended in the commit of its claim. It stays where no
// row was written for a worker that sends, so that the log would not tell of a death: what is left
// to do there, such as a follow-up, may kill workers as well.
bool endsRecord(const std::vector<ClaimAnswer>& answers);

}  // namespace tidings::store
