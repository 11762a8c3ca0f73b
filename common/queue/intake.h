// Intake: consumes the types' queues and their retry queues on a connection of its own, through
// any number of reconnects, and acknowledges what the owner has finished.
//
// Owner: the worker. Loop thread only. close() must be awaited before it dies (asserted).
// Each message is handed over exactly once per delivery by the broker; at-least-once overall.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amqp/counters.h"
#include "amqp/settings.h"
#include "amqp/types.h"
#include "runtime/loop.h"

namespace tidings::queue {

enum class Lane { fresh, retry };

// Names one delivery on one opened channel. Worthless after a reconnect: the broker delivers again.
struct AckTicket {
  uint64_t epoch = 0;
  uint64_t tag = 0;
  friend bool operator==(AckTicket, AckTicket) = default;
};

struct Incoming {
  std::string body;
  amqp::Properties properties;
  std::string queue;
  std::string type;
  Lane lane = Lane::fresh;
  bool redelivered = false;
  int deliveryCount = 0;  // earlier deliveries as the broker counts them (quorum queues), else 0
  // Bodies over Options::keepBody bytes are cut to their first Options::cutTo bytes.
  bool truncated = false;
  uint64_t bodySize = 0;  // the true one
  AckTicket ticket;
};

class Intake {
 public:
  struct Source {
    std::string queue;
    std::string type;
    Lane lane = Lane::fresh;
    int prefetch = 100;
  };
  struct Options {
    amqp::Settings amqp;
    std::vector<Source> sources;
    size_t smallBody = 320 << 10;   // up to this a body is bounded by the prefetch alone
    size_t largeBodies = 64 << 20;  // bytes of larger bodies held unacked; over it, reading pauses
    size_t keepBody = 16 << 20;
    size_t cutTo = 256 << 10;
    // How many messages that were handed over are still worked on, those of lost connections among
    // them. While that is more than the prefetch of all sources, none begins to consume: so however
    // often the connection is lost, no more than twice as many are worked on.
    std::function<size_t()> underWay = {};
    amqp::OnNotice onNotice = {};
  };
  // One source for each type's own queue and one for its retry queue. `prefetch` is shared by the
  // types' queues, `retryPrefetch` by their retry queues, with at least a few for each.
  static std::vector<Source> sourcesFor(const std::vector<std::string>& types, int prefetch,
                                        int retryPrefetch);

  struct Stats {
    amqp::Counters wire;
    uint64_t deliveries = 0, redeliveries = 0;
    uint64_t acked = 0, requeued = 0, stale = 0;  // stale: tickets of an earlier epoch, ignored
    uint64_t ackFrames = 0;
    size_t unacked = 0;
    size_t consuming = 0;  // sources with a live consumer
    std::optional<MonoTime> lastDeliveryAt;
    uint64_t ready = 0;                  // waiting in the sources' queues, looked at every 10 s
    std::optional<MonoTime> readySince;  // every look since then found some
  };

  // `onMessage` is called from the loop, never from within another call into this object.
  Intake(Loop& loop, Options options, std::function<void(Incoming&&)> onMessage);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  void start();
  // Cancels the consumers; what was delivered can still be acked. Safe twice or before start().
  void stop();
  // Gathered, and sent at the end of the turn. A ticket counts once; later uses are ignored.
  void ack(AckTicket ticket);
  void requeue(AckTicket ticket);
  // stop(), send the gathered acks and see them received, disconnect. What is unacked then is
  // delivered again to somebody.
  Task<void> close(Deadline deadline);

  // Every source has a live consumer.
  bool connected() const;
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::queue
