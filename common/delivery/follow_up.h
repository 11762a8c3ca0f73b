// The messages that follow a job: a retry or deferral down the delay ladder, a dead letter, the
// child of a fan-out. The body always stays as the app wrote it. Pure.
#pragma once

#include <string>

#include "base/clock.h"
#include "notification/delivery.h"
#include "queue/headers.h"
#include "queue/intake.h"
#include "queue/publisher.h"

namespace tidings::delivery {

// Comes back to the type's retry queue. Waits that are shorter than the shortest rung go straight
// to that queue: the worker that gets it holds it for the rest. Both the time and the wait go
// along, because the clock of the worker that gets it may differ.
queue::Outgoing delayed(const queue::Incoming& origin, queue::JobHeaders headers,
                        WallTime notBefore, Millis wait);

// What is left of such a wait: by the clock of the worker that got it back, and no longer than was
// left when it was sent off.
Millis waitLeft(const queue::JobHeaders& headers, WallTime now);

queue::Outgoing deadLetter(const queue::Incoming& origin, queue::JobHeaders headers,
                           queue::DeathNote note);

// One recipient's own job, to the type queue itself.
queue::Outgoing child(const queue::Incoming& origin, queue::JobHeaders headers, std::string body);

}  // namespace tidings::delivery
