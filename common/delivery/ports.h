// What a journey needs of the world. Plain functions, so that a test can put a fake behind each;
// the worker puts store::Claims, store::Profiles, queue::Publisher and queue::Intake behind them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/profile.h"
#include "queue/intake.h"
#include "queue/publisher.h"
#include "runtime/task.h"
#include "store/begun.h"
#include "store/job_claim.h"
#include "store/settlement.h"
#include "store/tries.h"

namespace tidings::delivery {

// What is passed by reference lives until the task ends.
struct Ports {
  std::function<Task<Result<std::shared_ptr<const policy::Profile>>>(const std::string& recipient)>
      profile;
  std::function<Task<Result<std::vector<store::ClaimAnswer>>>(const store::JobClaim& job)> claim;
  std::function<Task<Result<store::TakenOver>>(const std::vector<store::Settlement>& settlements)>
      settle;
  // These three of a message that was delivered before; see store/begun.h and store/tries.h.
  std::function<Task<Result<std::vector<notification::Target>>>(store::JobKey job)> begun;
  std::function<Task<Result<store::TryVerdict>>(store::Try attempt)> beginTry;
  std::function<void(int64_t hash)> endTry;
  // Up to `limit` subscribers of the topic that sort after `after`.
  std::function<Task<Result<std::vector<std::string>>>(std::string topic, std::string after,
                                                       int limit)>
      subscribers;
  std::function<Task<Status>(queue::Outgoing message, Deadline deadline)> publish;
  std::function<void(queue::AckTicket ticket)> ack;
};

}  // namespace tidings::delivery
