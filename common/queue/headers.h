// The x-tidings-* headers of follow-up messages. Pure; never throws on hostile tables: what can't
// be understood counts as absent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "amqp/types.h"
#include "base/clock.h"
#include "notification/delivery.h"

namespace tidings::queue {

// Set on dead letters only.
struct DeathNote {
  std::string reason;  // snake_case, as in the message reference
  std::string error;   // cleaned and cut to 512 bytes when written
  std::string channel, provider;
  std::optional<WallTime> at;
  std::string queue;  // where it came from
};

struct JobHeaders {
  int attempt = 0;  // attempts already made
  std::optional<WallTime> notBefore, firstSeen;
  // What is left of the wait at most when it comes back (x-tidings-rest, ms): the clocks of the
  // worker that sent it off and of the one that gets it may differ.
  std::optional<Millis> rest;
  std::vector<notification::Target> owed;  // empty: all
  bool replay = false;                     // put back by an operator: what is dead is tried again
  bool recheck = false;  // was redelivered before it went through a delay: treat as redelivered
  // Fan-out of a topic: its subscribers up to and including this one have their messages
  // (x-tidings-topic-after); empty: none has.
  std::string topicAfter;
  std::optional<DeathNote> death;
  // Set when the body could not be kept whole (larger than the worker keeps).
  std::optional<int64_t> trueBodySize;
};

JobHeaders readHeaders(const amqp::Table& table);

// `original` without the broker's death records (a broker may drop a message that carries them
// through a second delay as a cycle), without earlier x-tidings-* ones, and with these. Foreign
// headers are dropped where all together would not fit in one frame.
amqp::Table writeHeaders(const JobHeaders& headers, const amqp::Table& original);

// For a broker whose frames hold less than that.
void dropForeignHeaders(amqp::Table& table);

// x-delivery-count of a quorum queue; 0 when absent.
int deliveryCount(const amqp::Table& table);

}  // namespace tidings::queue
