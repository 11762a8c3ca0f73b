// What became of one claimed delivery.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "notification/delivery.h"
#include "store/job_claim.h"

namespace tidings::store {

struct Settlement {
  std::string notificationId, recipient;
  Target target;
  ClaimTicket ticket;  // from the claim's answer
  DeliveryState state = DeliveryState::sent;
  std::string reason;  // snake_case; for skipped and dead
  std::string provider;
  std::string providerMessageId;        // cut to 256 bytes
  std::string error;                    // cleaned and cut to 512 bytes
  int attempt = 0;                      // attempts made so far, this one included
  std::optional<Millis> nextAttemptIn;  // retrying and deferred
  // Caps whose slot is given back because the job sent nothing in this channel. Name them in one of
  // the channel's settlements (the slot is the job's, whichever address took it).
  std::vector<std::string> refundCaps;
  // The provider said that the address is gone for good: no more sends to it, unless it was
  // registered again after the claim.
  bool deactivateAddress = false;
  // It may have been sent all the same: the journal remembers that for good, so that the slots of
  // its caps stay taken whatever becomes of the job's other attempts and addresses.
  bool uncertain = false;
};

// The places of settlements whose delivery is another claim's by now: they changed nothing, and
// what becomes of it, that one tells.
using TakenOver = std::vector<size_t>;

}  // namespace tidings::store
