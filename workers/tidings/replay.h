// Puts dead letters of one type back to work. A letter is acked only when the broker has confirmed
// its copy in the type's queue: killed at any instant, nothing is lost, and what was replayed twice
// is recognised by the worker's claim.
#pragma once

#include <string>

#include "commands.h"
#include "dlq_job.h"
#include "pacer.h"
#include "progress.h"
#include "queue/publisher.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"

namespace tidings::cli {

// The copy for the type's queue: same body and properties, attempts and patience from zero, only
// what is owed.
queue::Outgoing replayOf(const std::string& type, const queue::DeadLetter& letter);

struct ReplayCounts {
  uint64_t replayed = 0;
  uint64_t failed = 0;      // not confirmed: they stay
  uint64_t impossible = 0;  // bodies that were too large to keep: they stay
};

class Replay {
 public:
  Replay(DlqJob& job, double rate);

  // Through one type's letters; goes on after a lost connection. What was begun is finished before
  // it returns, also after an error or a stop.
  Task<Status> run(std::string type);
  const ReplayCounts& counts() const { return counts_; }

 private:
  Task<Status> pass(const std::string& type, bool again);
  Task<Status> takeAll(LetterWalk& walk, const std::string& type, bool again, Progress& progress);
  bool isMeant(const LetterInfo& info, bool again);
  Task<bool> awaitSlot();
  uint64_t mostAhead() const;
  static Task<void> one(Replay& self, LetterWalk& walk, std::string type, queue::DeadLetter letter,
                        Semaphore::Permit permit);

  DlqJob& job_;
  const double rate_;
  Pacer pacer_;
  const WallTime started_;
  ReplayCounts counts_;
  uint64_t begun_ = 0;
  std::string lastError_;
  Semaphore window_;
  Scope scope_;
};

}  // namespace tidings::cli
