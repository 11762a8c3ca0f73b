#include "replay.h"

#include <algorithm>
#include <limits>

#include "base/crash_point.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"

namespace tidings::cli {
namespace {

constexpr size_t publishAtOnce = 500;
constexpr int maxFruitless = 5;         // passes in a row that ended without a letter replayed
constexpr Millis beforeNextPass{2000};  // the broker must notice that the old connection is gone
constexpr uint64_t unlimited = std::numeric_limits<uint64_t>::max();

// It was set aside before anything in it was read: what its deliveries had come to stands in the
// journal as it was, and it goes on from there as a message does whose worker died.
bool diedUnclaimed(const queue::DeadLetter& letter) {
  const auto& death = letter.headers.death;
  return death && death->reason == "poison" && death->channel.empty();
}

}  // namespace

queue::Outgoing replayOf(const std::string& type, const queue::DeadLetter& letter) {
  queue::JobHeaders headers;
  headers.owed = letter.headers.owed;
  headers.topicAfter = letter.headers.topicAfter;
  headers.replay = true;
  // What the broker buried may have been begun by a worker that is gone: no duplicate, then.
  headers.recheck = true;
  if (diedUnclaimed(letter)) headers.attempt = letter.headers.attempt;
  queue::Outgoing message;
  message.routingKey = queue::typeQueue(type);
  message.body = letter.body;
  message.properties = letter.properties;
  message.properties.persistent = true;
  message.properties.headers = queue::writeHeaders(headers, letter.properties.headers);
  return message;
}

Replay::Replay(DlqJob& job, double rate)
    : job_(job),
      rate_(rate),
      pacer_(job.env.clock, rate),
      started_(job.env.clock.wall()),
      window_(job.session.loop(), publishAtOnce) {}

Task<Status> Replay::run(std::string type) {
  for (int fruitless = 0, passes = 0;; ++passes) {
    const uint64_t before = counts_.replayed;
    Status passed = co_await pass(type, passes > 0);
    if (passed.ok() || job_.session.stop().stop_requested()) co_return passed;
    fruitless = counts_.replayed > before ? 0 : fruitless + 1;
    const bool lost = passed.error().kind == ErrorKind::transient ||
                      (passes > 0 && isRetryable(passed.error().kind));
    if (!lost || fruitless >= maxFruitless) co_return passed.error();
    job_.env.console.note("reading " + type + " again: " + passed.error().message);
    co_await sleepFor(job_.session.loop(), beforeNextPass, job_.session.stop());
  }
}

// The first pass goes through as many letters as there are when it begins. How many of them are
// left for another can't be known (the last acks may be lost as well): so that one goes by the time
// at which they died.
Task<Status> Replay::pass(const std::string& type, bool again) {
  LetterWalk walk(job_.session, job_.settings, job_.publisher, type, job_.filter);
  const auto opened = co_await walk.open();
  Status result = done;
  if (opened.ok()) {
    Progress progress(job_.env.console, job_.env.clock, type, walk.total());
    result = co_await takeAll(walk, type, again, progress);
    co_await scope_.join();
  } else {
    result = opened.error();
  }
  const Status closed = co_await walk.close();
  co_return result.ok() ? closed : result;
}

Task<Status> Replay::takeAll(LetterWalk& walk, const std::string& type, bool again,
                             Progress& progress) {
  while (true) {
    const uint64_t most = std::min(leftOf(job_.filter, begun_), mostAhead());
    if (most == 0) co_return done;
    auto found = co_await walk.next(most);
    if (!found.ok()) co_return found.error();
    if (!*found) co_return done;
    if (!isMeant((*found)->info, again)) {
      const Status passed = co_await walk.passOver((*found)->letter);
      if (!passed.ok()) co_return passed.error();
      continue;
    }
    const bool mayGo = co_await awaitSlot();
    if (!mayGo) co_return done;
    Semaphore::Permit permit = co_await window_.acquire();
    ++begun_;
    scope_.spawn(one(*this, walk, type, std::move((*found)->letter), std::move(permit)));
    progress.show(walk.seen(), "replayed " + std::to_string(counts_.replayed));
    // A refused copy is most likely refused for all: don't run through the whole queue.
    if (counts_.failed > publishAtOnce) {
      co_return Error{ErrorKind::permanent, "too many refused: " + lastError_};
    }
  }
}

bool Replay::isMeant(const LetterInfo& info, bool again) {
  if (again && info.diedSince(started_)) return false;
  if (!info.lostBytes) return true;
  ++counts_.impossible;
  const Console& console = job_.env.console;
  console.note(info.type + " " + console.text(info.id) +
               ": its body was too large to keep, it can't be replayed");
  return false;
}

// False when told to stop.
Task<bool> Replay::awaitSlot() {
  if (job_.session.stop().stop_requested()) co_return false;
  const Millis wait = pacer_.next();
  if (wait <= Millis{0}) co_return true;
  co_return co_await sleepFor(job_.session.loop(), wait, job_.session.stop());
}

// With a rate, letters are held for seconds, not for as long as the broker bears.
uint64_t Replay::mostAhead() const {
  return rate_ <= 0 ? unlimited : static_cast<uint64_t>(rate_ * 10) + 1;
}

Task<void> Replay::one(Replay& self, LetterWalk& walk, std::string type, queue::DeadLetter letter,
                       Semaphore::Permit) {
  queue::Outgoing copy = replayOf(type, letter);
  TIDINGS_CRASH_POINT("replay-read");
  const Status sent = co_await self.job_.publisher.publish(std::move(copy));
  TIDINGS_CRASH_POINT("replay-published");
  if (sent.ok()) {
    walk.ack(letter);
    TIDINGS_CRASH_POINT("replay-acked");
    ++self.counts_.replayed;
  } else {
    ++self.counts_.failed;
    self.lastError_ = sent.error().message;
    self.job_.env.console.error(type + ": not replayed: " + sent.error().message);
  }
}

}  // namespace tidings::cli
