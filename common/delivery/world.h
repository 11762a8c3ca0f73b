// What all journeys of a process share. Owned by Journeys; outlives every journey. Loop thread
// only.
#pragma once

#include <stop_token>

#include "base/random.h"
#include "delivery/isolation.h"
#include "delivery/observer.h"
#include "delivery/ports.h"
#include "runtime/loop.h"

namespace tidings::delivery {

struct World {
  Loop& loop;
  Ports ports;
  Observer& observer;
  std::stop_token sends;  // requested: what the provider did not get, it gets from another worker
  std::stop_token work;   // requested: give up, leave the message unacked
  Isolation isolation;
  Random random{};

  WallTime now() const { return loop.clock().wall(); }
};

}  // namespace tidings::delivery
