// Reads a type's dead letters, oldest first, without taking them: what is not acked is back in its
// place when the connection closes, however that happens. For operators' tools; however deep the
// queue, only a bounded number of letters is in memory.
//
// Letters that are passed over stay unacked, so a consumer's prefetch runs out; then another
// consumer is added on the same channel. That keeps both bounds: how many can be passed over (none)
// and how many the broker sends ahead (some).
//
// A letter that goes back counts one more delivery on a quorum queue, and a broker may have a limit
// on that: see wearsOut().
//
// Owner: a command. Loop thread only. open() once, and co_await close() before it dies (asserted).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "amqp/settings.h"
#include "amqp/types.h"
#include "queue/headers.h"
#include "runtime/loop.h"

namespace tidings::queue {

struct DeadLetter {
  std::string body;
  amqp::Properties properties;
  JobHeaders headers;  // of the properties, read
  int deliveryCount = 0;
  uint64_t tag = 0;
};

// It has gone back so often that the next times might be its last (a broker's limit is 20 where
// nothing else is set): send a copy to its queue and ack it.
bool wearsOut(const DeadLetter& letter);

class DeadLetters {
 public:
  struct Options {
    amqp::Settings amqp;
    std::string queue;
    size_t ahead = 500;             // letters sent to us before they are needed, at most
    size_t aheadBytes = 16u << 20;  // the same in bytes of body, roughly
  };

  DeadLetters(Loop& loop, Options options);
  ~DeadLetters();
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  // Connects; how many letters wait. Errors: unreachable, or what the broker says: permanent
  // (refused), invalid (there is no such queue).
  Task<Result<uint64_t>> open(Deadline deadline);
  // The next letter; nullopt when none waits any more. `most`: how many the caller will still take,
  // this one included; a little more may be sent to us.
  // Error{transient}: the connection is gone, and with it every tag: nothing more can be acked.
  Task<Result<std::optional<DeadLetter>>> next(uint64_t most, Deadline deadline);
  // False when the connection is gone: the letter is back in its queue.
  bool ack(uint64_t tag);
  // ok() means that the broker has seen the acks.
  Task<Status> close(Deadline deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::queue
