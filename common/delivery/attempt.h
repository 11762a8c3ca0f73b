// One attempt at one delivery: everything between its claim and its settlement.
#pragma once

#include <string>
#include <vector>

#include "delivery/disposition.h"
#include "delivery/settings.h"
#include "delivery/world.h"
#include "notification/notification.h"
#include "policy/profile.h"
#include "store/job_claim.h"
#include "store/settlement.h"

namespace tidings::delivery {

// A delivery that is ours to make.
struct Claimed {
  notification::Target target;
  store::ClaimTicket ticket;
  int attemptsBefore = 0;
  bool takenOver = false;           // its previous owner died: it may have been sent
  std::vector<store::CapRef> caps;  // that counted it
};

struct Attempt {
  Claimed claimed;
  Disposition disposition = {};
  std::string provider = {}, providerMessageId = {}, error = {};
  Millis took{0};
};

// The job that the attempts belong to; outlives them.
struct JobContext {
  World& world;
  const Settings& settings;
  const config::TypeConfig& type;
  const notification::Notification& job;
  const policy::Profile& profile;
  WallTime firstSeen;
};

// All of them at the same time. Never fails: whatever happens is a disposition. The attempts stay
// in their place until the task ends.
Task<void> attemptAll(const JobContext& context, std::vector<Attempt>& attempts);

// The rows to write; they take the texts of the attempts. A cap's slot goes back when nothing was
// sent in its channel and nothing will be.
std::vector<store::Settlement> settlementsOf(const notification::Notification& job,
                                             std::vector<Attempt>& attempts);

}  // namespace tidings::delivery
