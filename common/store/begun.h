// What was begun of a job before its message was delivered again: deliveries that are not over, or
// that died, perhaps without their dead letter. The profile may not list their addresses any more,
// so nobody else would ask after them. See migrations/008_begun.sql.
//
// A part of Claims, whose session it shares. Loop thread only; join() before it dies.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "notification/delivery.h"
#include "pg/connection.h"
#include "runtime/batcher.h"

namespace tidings::store {

struct JobKey {
  std::string notificationId, recipient;
};

class Begun {
 public:
  using Targets = std::vector<notification::Target>;
  struct Options {
    Millis retention{};
    // For a statement that is sent now: not before that of a claim which is out on the session.
    std::function<Deadline()> deadline;
    // Whatever the error: no item can be at fault, and who gets no answer waits in vain.
    std::function<std::optional<Millis>(const Error&, int failures)> retryAfter;
  };
  Begun(Loop& loop, pg::Connection& session, Options options);

  // Waits for the database for as long as `retryAfter` says; `cancelled` when that gives up.
  Task<Result<Targets>> of(JobKey job);
  Task<void> join();

 private:
  using Reads = Batcher<JobKey, Targets>;
  static Task<Reads::Answers> read(Begun& self, const std::vector<JobKey>& batch);

  pg::Connection& session_;
  const Options options_;
  Reads reads_;
};

}  // namespace tidings::store
