// Tries: the record of messages that were delivered before, from before they are looked at until a
// claim is committed that has something sent (or they end without one). A worker that dies in
// between leaves its record behind, and so the message that kills workers is told from its
// neighbours before a byte of it is read. See migrations/007_tries.sql.
//
// A part of Claims, whose session it shares. Loop thread only; join() before it dies.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pg/connection.h"
#include "runtime/batcher.h"
#include "runtime/scope.h"
#include "store/instance.h"

namespace tidings::store {

struct Try {
  int64_t hash = 0;    // of the message's bytes
  bool alone = false;  // nothing else that is suspect is under way in this process
};

enum class TryVerdict {
  go,
  alone,   // a worker died with it: nothing was changed; come back with alone = true
  busy,    // another worker that lives is at it: look again soon
  poison,  // its workers died three times
};

class Tries {
 public:
  struct Options {
    InstanceId instance;
    std::function<Millis()> restartGrace;
    // For a statement that is sent now: not before that of a claim which is out on the session.
    std::function<Deadline()> deadline;
    // Whatever the error: no item of ours can be at fault, and who gets none waits in vain.
    std::function<std::optional<Millis>(const Error&, int failures)> retryAfter;
    std::string url;  // of the session that is made for what ends after a stop
  };
  Tries(Loop& loop, pg::Connection& session, Options options);

  // Waits for the database for as long as `retryAfter` says; `cancelled` when that gives up.
  Task<Result<TryVerdict>> begin(Try attempt) { return begins_.submit(attempt); }
  // Done with it. Returns at once: a record that stays behind is swept away by its age. Also after
  // a stop, which is no death, if the database answers within a second.
  void end(int64_t hash);
  Task<void> join();

 private:
  using Verdicts = Batcher<Try, TryVerdict>;
  using Ends = Batcher<int64_t, Unit>;
  static Task<Verdicts::Answers> flushBegins(Tries& self, const std::vector<Try>& batch);
  static Task<Ends::Answers> flushEnds(Tries& self, const std::vector<int64_t>& batch);
  static Task<Ends::Answers> flushLastEnds(Tries& self, const std::vector<int64_t>& batch);
  Task<Ends::Answers> endOn(pg::Connection& session, const std::vector<int64_t>& batch,
                            Deadline deadline);
  static Task<void> endOne(Tries& self, int64_t hash);

  Loop& loop_;
  pg::Connection& session_;
  const Options options_;
  Verdicts begins_;
  Ends ends_, lastEnds_;
  Scope ending_;
};

}  // namespace tidings::store
