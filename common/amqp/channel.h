// Channel: one AMQP channel. Questions to the broker are coroutines, answered in order; deliveries,
// confirms and what the broker does on its own go to the listener.
//
// Opened by Connection::openChannel. Loop thread only. May outlive its connection: it is closed
// then, every question fails and every send does nothing.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "amqp/content_codec.h"
#include "amqp/methods.h"
#include "base/result.h"
#include "runtime/one_shot.h"
#include "runtime/task.h"

namespace tidings::amqp {

class Connection;
struct Frame;

struct Delivery {
  uint64_t tag = 0;
  bool redelivered = false;
  Properties properties;
  std::string body;
  uint64_t bodySize = 0;  // the true one
  bool truncated = false;
};

struct Returned {
  uint16_t code = 0;
  std::string text, exchange, routingKey;
  Properties properties;
  std::string body;
};

// Called from the connection's read. Must not destroy the channel's connection.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;
  virtual void onDelivery(Delivery&&) {}
  virtual void onReturned(Returned&&) {}
  virtual void onConfirm(const Confirm&) {}
  virtual void onConsumerCancelled() {}
  // Once, whether by the broker or with the connection; not after close() or detach().
  virtual void onClosed(const Error&) {}
};

// How much of a body to keep: up to `keep` bytes all of it, else the first `cutTo`.
struct BodyLimits {
  size_t keep = 16 << 20;
  size_t cutTo = 256 << 10;
};
// More than any broker takes.
inline constexpr BodyLimits wholeBodies{size_t{1} << 31, size_t{1} << 31};

class Channel {
 public:
  Channel(Connection& connection, uint16_t id, ChannelListener& listener)
      : connection_(&connection), id_(id), listener_(&listener) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  bool isOpen() const { return !closed_; }
  // Why it is not open.
  const Error& closedBy() const { return closedBy_; }
  // No more calls to the listener.
  void detach() { listener_ = &silent_; }
  void limitBodies(BodyLimits limits) { limits_ = limits; }

  // Error kinds: invalid   the broker refused (406: it exists otherwise); the channel is closed
  //              permanent the broker refused for another reason
  //              transient missing (404), or the connection is lost
  //              uncertain no answer in time; the channel is closed
  Task<Result<Answer>> declareQueue(QueueSpec queue);
  Task<Status> declareExchange(std::string name, std::string type);
  Task<Status> bindQueue(std::string queue, std::string exchange, std::string key);
  Task<Result<Answer>> deleteQueue(std::string queue);
  Task<Status> prefetch(uint16_t count);
  Task<Status> consume(std::string queue, std::string consumerTag);
  Task<Status> cancel(std::string consumerTag);
  Task<Status> selectConfirms();
  // nullopt: the queue is empty.
  Task<Result<std::optional<Delivery>>> get(std::string queue);
  // Proves that everything sent before was read.
  Task<Status> close();

  void ack(uint64_t tag, bool multiple);
  void nack(uint64_t tag, bool requeue);
  // False when the properties don't fit in a frame or a name in 255 bytes: nothing was sent.
  bool publish(std::string_view exchange, std::string_view routingKey, const Properties& properties,
               std::string_view body);

 private:
  friend class Connection;
  struct Question {
    uint32_t answer, otherAnswer;
    std::shared_ptr<OneShot<Result<Answer>>> shot;
  };
  struct Content {
    enum class Of { nothing, delivery, returned, got } of = Of::nothing;
    bool headerSeen = false;
    uint64_t received = 0;
    Delivery delivery;
    uint16_t code = 0;
    std::string text, exchange, routingKey;
    Answer answer;
  };

  Task<Result<Answer>> ask(uint32_t answer, std::string what, uint32_t otherAnswer = 0);
  Task<Status> askPlain(uint32_t answer, std::string what);

  // From the connection. False: the broker broke the protocol.
  bool onFrame(const Frame& frame, MethodDecoder& decoder);
  void onConnectionLost(const Error& error);
  bool onMethod(const Method& method);
  bool onHeader(std::string_view payload);
  bool onBody(std::string_view payload);
  bool onAnswer(const Answer& answer);
  void onClose(const Close& close);
  void finishContent();
  void shut(const Error& error);

  Connection* connection_;
  const uint16_t id_;
  ChannelListener* listener_;
  ChannelListener silent_;
  BodyLimits limits_;
  std::deque<Question> questions_;
  Content content_;
  std::optional<Delivery> got_;
  bool closing_ = false, closed_ = false;
  Error closedBy_;
};

}  // namespace tidings::amqp
