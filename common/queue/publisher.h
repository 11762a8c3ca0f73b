// Publisher: sends messages with confirms on a connection of its own, through any number of
// reconnects. An ok() publish is stored by the broker; it may have been stored more than once.
//
// Owner: the worker. Loop thread only. close() must be awaited before it dies (asserted).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "amqp/counters.h"
#include "amqp/settings.h"
#include "amqp/types.h"
#include "runtime/loop.h"

namespace tidings::queue {

struct Outgoing {
  std::string exchange;  // "" = the default exchange, to the queue named by the routing key
  std::string routingKey;
  std::string body;
  amqp::Properties properties;
};

class Publisher {
 public:
  struct Options {
    amqp::Settings amqp;
    size_t windowMessages = 1000;  // unconfirmed at the same time
    size_t windowBytes = 1 << 20;  // a larger message goes alone
    Millis confirmTimeout{5000};   // no positive confirm for so long: reconnect
    // Called when the broker lost an exchange or queue that is published to; at most every 5 s.
    std::function<void()> onMissing = {};
    amqp::OnNotice onNotice = {};
    std::stop_token stop = {};  // whoever still waits then is answered at once
  };
  struct Stats {
    amqp::Counters wire;
    uint64_t published = 0;  // sent to the broker, repeats included
    uint64_t confirmed = 0, nacked = 0, returned = 0, repeated = 0;
    size_t waiting = 0;  // not sent yet
    size_t unconfirmed = 0;
    bool blocked = false;  // the broker asked us to pause (memory or disk alarm)
  };

  Publisher(Loop& loop, Options options);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void start();
  // To where it says and nowhere else: headers CC and BCC are left out.
  // Error kinds: transient  returned as unroutable, refused by the broker (nack, channel error)
  //              permanent  can't be sent at all (larger than the broker takes, headers too large)
  //              timeout    the deadline passed and nothing was sent
  //              uncertain  it was sent, and no confirm came until the deadline or the stop
  //              cancelled  close() or the stop came first and nothing was sent
  Task<Status> publish(Outgoing message, Deadline deadline);
  // Waits for what is unconfirmed until the deadline or the stop, then disconnects. Later publishes
  // fail.
  Task<void> close(Deadline deadline);

  bool connected() const;
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::queue
