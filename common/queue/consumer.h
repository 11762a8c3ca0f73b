// Consumer: one source's channel on the intake's connection: makes sure that the queue exists,
// consumes it, consumes again after the broker cancelled it or closed the channel, and keeps the
// account of what is unacknowledged.
//
// Owner: Intake. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "amqp/connection.h"
#include "base/random.h"
#include "queue/ack_window.h"
#include "queue/intake.h"

namespace tidings::queue {

class Consumer final : public amqp::ChannelListener {
 public:
  // What all consumers of an intake share.
  struct Shared {
    Loop& loop;
    Intake::Options options;
    std::function<void(Incoming&&)> onMessage;
    Intake::Stats stats;
    size_t largeHeld = 0;
    // Called when largeHeld has changed.
    std::function<void()> onLargeHeld;
    Random random;
    bool roomForMore() const;
  };

  Consumer(Shared& shared, Intake::Source source, uint64_t slot, uint64_t slots);
  ~Consumer() override;
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Consumes until the session ends: the connection is lost, or the intake stops.
  static Task<void> run(Consumer& self, amqp::Connection& connection, std::stop_token session);
  // Asks the broker for no more; what comes until it obeys is given back.
  Task<void> cancel();
  // Returns when the broker has read every ack. Unacked messages are delivered again to somebody.
  Task<void> close();

  void finish(AckTicket ticket, bool requeue);
  void flush();
  bool consuming() const { return consuming_; }
  size_t unacked() const { return window_.unfinished(); }

 private:
  enum class End { cancelled, closed, stopped };
  Task<bool> untilRoom(std::stop_token session);
  Task<Status> attach(amqp::Connection& connection);
  void release(uint64_t tag);
  void tell(std::string text);
  std::string tag() const { return "tidings-" + source_.queue.substr(0, 200); }

  void onDelivery(amqp::Delivery&& delivery) override;
  void onConsumerCancelled() override;
  void onClosed(const Error& error) override;

  Shared& shared_;
  const Intake::Source source_;
  const uint64_t slots_;
  uint64_t epoch_;
  std::shared_ptr<amqp::Channel> channel_;
  std::shared_ptr<OneShot<End>> ended_;
  AckWindow window_;
  std::unordered_map<uint64_t, size_t> large_;  // bytes of each unacked large body
  bool consuming_ = false, stopping_ = false;
};

}  // namespace tidings::queue
