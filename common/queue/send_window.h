// The messages that were sent on a channel and are not confirmed yet, in the order of their
// sequence numbers; settles them by confirms and returns. Pure but for the OneShots it sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "amqp/channel.h"
#include "queue/publisher.h"
#include "runtime/one_shot.h"

namespace tidings::queue {

struct Sending {
  Sending(Executor& executor, Outgoing out) : message(std::move(out)), shot(executor) {}
  size_t bytes() const { return message.body.size() + 256; }  // 256: a guess at the headers

  Outgoing message;
  OneShot<Status> shot;
  std::optional<Error> returned;  // unroutable: not stored, whatever the confirm will say
  bool everSent = false;
  bool abandoned = false;  // nobody waits any more
  int refusals = 0;        // channels that were closed while it was unconfirmed
};
using SendingPtr = std::shared_ptr<Sending>;

class SendWindow {
 public:
  void sent(SendingPtr sending);
  // How many messages it settled; an unknown tag settles none.
  size_t confirm(uint64_t tag, bool multiple, bool positive);
  // Marks the message that came back. Matched by what it is: of two alike messages it does not
  // matter which one is meant. False when none matches.
  bool markReturned(const amqp::Returned& returned);
  // Everything that is unconfirmed, in order; the next tag is 1 again. Returned ones fail at once.
  std::deque<SendingPtr> takeAll();

  size_t count() const { return count_; }
  size_t bytes() const { return bytes_; }

 private:
  bool settle(SendingPtr& slot, bool positive);

  std::deque<SendingPtr> slots_;  // of first_ and on; null once settled
  uint64_t first_ = 1;
  size_t count_ = 0, bytes_ = 0;
};

}  // namespace tidings::queue
