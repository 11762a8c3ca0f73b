// AMQP methods in our own words. methods.cpp is the one place where librabbitmq's codec is used.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "amqp/types.h"

namespace tidings::amqp {

// Texts point into the frame that was decoded.
struct Start {
  std::string_view mechanisms;
};
struct Tune {
  uint16_t channelMax = 0;
  uint32_t frameMax = 0;
  uint16_t heartbeat = 0;
};
struct Close {  // of a connection or a channel
  uint16_t code = 0;
  std::string_view text;
  uint32_t cause = 0;  // the method that caused it; 0 when none did
};
struct Blocked {
  std::string_view reason;
};
struct Unblocked {};
struct Deliver {
  uint64_t tag = 0;
  bool redelivered = false;
};
struct Return {
  uint16_t code = 0;
  std::string_view text, exchange, routingKey;
};
struct Confirm {
  uint64_t tag = 0;
  bool multiple = false;
  bool positive = true;
};
struct Cancel {};
// Every method that answers a question of ours.
struct Answer {
  uint32_t id = 0;
  uint32_t messages = 0, consumers = 0;  // queue.declare-ok
  uint64_t tag = 0;                      // basic.get-ok
  bool redelivered = false;
};
struct Other {
  uint32_t id = 0;
};
using Method = std::variant<Other, Start, Tune, Close, Blocked, Unblocked, Deliver, Return, Confirm,
                            Cancel, Answer>;

namespace id {
inline constexpr uint32_t connectionOpenOk = 0x000A0029, connectionCloseOk = 0x000A0033;
inline constexpr uint32_t channelOpenOk = 0x0014000B, channelCloseOk = 0x00140029;
inline constexpr uint32_t exchangeDeclareOk = 0x0028000B;
inline constexpr uint32_t queueDeclareOk = 0x0032000B, queueBindOk = 0x00320015,
                          queueDeleteOk = 0x00320029;
inline constexpr uint32_t qosOk = 0x003C000B, consumeOk = 0x003C0015, cancelOk = 0x003C001F;
inline constexpr uint32_t publish = 0x003C0028, getOk = 0x003C0047, getEmpty = 0x003C0048;
inline constexpr uint32_t selectOk = 0x0055000B;
}  // namespace id

class MethodDecoder {
 public:
  MethodDecoder();
  ~MethodDecoder();
  // nullopt: damaged.
  std::optional<Method> decode(std::string_view payload);

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

struct QueueSpec {
  std::string name;
  bool passive = false;  // only ask whether it exists
  Table arguments = {};
};

// Each appends one frame.
namespace put {
void protocolHeader(std::string& out);
void heartbeat(std::string& out);
void startOk(std::string& out, const Table& clientProperties, std::string_view mechanism,
             std::string_view response);
void tuneOk(std::string& out, const Tune& tune);
void connectionOpen(std::string& out, std::string_view vhost);
void connectionClose(std::string& out, uint16_t code, std::string_view text);
void connectionCloseOk(std::string& out);
void channelOpen(std::string& out, uint16_t channel);
void channelClose(std::string& out, uint16_t channel);
void channelCloseOk(std::string& out, uint16_t channel);
void exchangeDeclare(std::string& out, uint16_t channel, std::string_view name,
                     std::string_view type);                                    // durable
void queueDeclare(std::string& out, uint16_t channel, const QueueSpec& queue);  // durable
void queueBind(std::string& out, uint16_t channel, std::string_view queue,
               std::string_view exchange, std::string_view key);
void queueDelete(std::string& out, uint16_t channel, std::string_view queue);
void qos(std::string& out, uint16_t channel, uint16_t prefetch);
void consume(std::string& out, uint16_t channel, std::string_view queue, std::string_view tag);
void cancel(std::string& out, uint16_t channel, std::string_view tag);
void get(std::string& out, uint16_t channel, std::string_view queue);
void ack(std::string& out, uint16_t channel, uint64_t tag, bool multiple);
void nack(std::string& out, uint16_t channel, uint64_t tag, bool requeue);
void confirmSelect(std::string& out, uint16_t channel);
void publish(std::string& out, uint16_t channel, std::string_view exchange,
             std::string_view routingKey);  // mandatory
}  // namespace put

}  // namespace tidings::amqp
