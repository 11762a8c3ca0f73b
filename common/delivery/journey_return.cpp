// What comes back. From a delay it may be early: then it waits for the rest. Delivered before, it
// may be the one that killed the worker which had it. Before anything in it is read, its try is
// recorded; one that a worker died with goes alone, and after three deaths it goes to the dead
// letters. The rest of a journey is in journey.cpp.
#include "base/crash_point.h"
#include "base/hash.h"
#include "delivery/follow_up.h"
#include "delivery/journey.h"
#include "queue/ladder.h"
#include "runtime/loop_sleep.h"

namespace tidings::delivery {
namespace {

using notification::DeadReason;
using store::TryVerdict;

// A quorum queue with the shipped policy gives a message up when it has come back 20 times, and
// each death of a worker counts for all that it held. The dozen that is left from here on is for
// the publishing to succeed in.
constexpr int renewAt = 8;

// The same in whichever queue of its type it is. The body is not looked at in any other way.
int64_t hashOf(const queue::Incoming& message) {
  uint64_t hash = fnv1a('\0', fnv1a(message.type));
  hash = fnv1a('\0', fnv1a(message.properties.messageId, hash));
  return static_cast<int64_t>(fnv1a(message.body, hash));
}

}  // namespace

// later: it goes down the delay ladder again, as it is.
Task<Journey::Due> Journey::waitUntilDue() {
  const Millis wait = waitLeft();
  if (queue::rungFor(wait) != nullptr) {
    TIDINGS_CRASH_POINT("still-early");
    queue::JobHeaders headers = headers_;
    headers.recheck = wasDelivered();
    followUps_.push_back(delayed(message_, std::move(headers), *headers_.notBefore, wait));
    co_return Due::later;
  }
  TIDINGS_CRASH_POINT("held-back");
  const bool waited = co_await sleepFor(world_.loop, wait, world_.work);
  co_return waited ? Due::now : Due::stopped;
}

Task<Journey::Due> Journey::becomeDue() {
  // What was not kept whole is never read, and can't be published again.
  const bool again = wasDelivered() && !message_.truncated;
  if (again) world_.isolation.delivered();
  if (again && message_.deliveryCount >= renewAt) {
    renew();
    co_return Due::later;
  }
  Due due = Due::now;
  if (waitLeft() > Millis{0}) due = co_await waitUntilDue();
  if (again && due == Due::now) due = co_await tryAgain();
  co_return due;
}

// Published again it counts from nothing in the broker, but it is still one that was delivered.
void Journey::renew() {
  safeFirst_ = true;
  queue::JobHeaders headers = headers_;
  headers.recheck = true;
  const WallTime notBefore = headers_.notBefore.value_or(world_.now());
  followUps_.push_back(delayed(message_, std::move(headers), notBefore, waitLeft()));
}

// Whatever may kill the process waits for one that is alone, and that one for it: the process must
// die of none but the one that is blamed.
Task<Journey::Due> Journey::waitUntilFree() {
  co_await world_.isolation.untilFree(world_.work);
  co_return world_.work.stop_requested() ? Due::stopped : Due::now;
}

Task<Journey::Due> Journey::tryAgain() {
  const Due free = co_await waitUntilFree();
  if (free == Due::stopped) co_return free;
  together_ = world_.isolation.together();
  tried_ = hashOf(message_);
  const Result<TryVerdict> verdict = co_await beginTry();
  TIDINGS_CRASH_POINT("tried");
  if (!verdict.ok()) {
    co_return comeBack("try_failed", verdict.error()) ? Due::later : Due::stopped;
  }
  switch (*verdict) {
    case TryVerdict::go:
      co_return Due::now;
    case TryVerdict::poison:
      safeFirst_ = true;
      world_.observer.received(message_.type, message_.lane == queue::Lane::retry,
                               message_.redelivered);
      bury(DeadReason::poison, std::string(workersDied) + " before it was claimed");
      co_return Due::later;
    default:
      tried_.reset();  // its owner lives, and ends the record itself
      lookAgainLater();
      co_return Due::later;
  }
}

Task<Result<TryVerdict>> Journey::beginTry() {
  TIDINGS_CRASH_POINT("before-try");
  const auto verdict = co_await world_.ports.beginTry({.hash = *tried_});
  if (!verdict.ok() || *verdict != TryVerdict::alone) co_return verdict;
  together_ = {};  // it would wait for itself
  alone_ = co_await world_.isolation.alone(world_.work);
  TIDINGS_CRASH_POINT("before-try-alone");
  co_return co_await world_.ports.beginTry({.hash = *tried_, .alone = true});
}

void Journey::lookAgainLater() {
  queue::JobHeaders headers = headers_;
  headers.recheck = true;
  followUps_.push_back(
      delayed(message_, std::move(headers), world_.now() + recheckAfter, recheckAfter));
}

// What failed though nothing stops: a worker that lives on would keep the message unacked for ever.
// False where it stops, and the message is another's.
bool Journey::comeBack(std::string_view what, const Error& error) {
  if (error.kind == ErrorKind::cancelled || world_.work.stop_requested()) return false;
  world_.observer.log().error(what,
                              {{"type", message_.type}, {"id", job_.id}, {"error", error.message}});
  lookAgainLater();
  return true;
}

// Before publishing, which may take for ever: what can kill the process is done. What follows is
// built, and nothing of the message is looked at again but in this turn of the loop, in which no
// other begins. But while its record is open, the death of the next one would count as its own.
void Journey::stepAside() {
  if (safeFirst_ || tried_) rescue_ = world_.isolation.rescue();
  alone_ = {};
  together_ = {};
}

}  // namespace tidings::delivery
