#include "amqp/methods.h"

#include <amqp.h>
#include <amqp_framing.h>

#include "amqp/frame.h"
#include "amqp/table_codec.h"

namespace tidings::amqp {

static_assert(id::connectionOpenOk == AMQP_CONNECTION_OPEN_OK_METHOD);
static_assert(id::connectionCloseOk == AMQP_CONNECTION_CLOSE_OK_METHOD);
static_assert(id::channelOpenOk == AMQP_CHANNEL_OPEN_OK_METHOD);
static_assert(id::channelCloseOk == AMQP_CHANNEL_CLOSE_OK_METHOD);
static_assert(id::exchangeDeclareOk == AMQP_EXCHANGE_DECLARE_OK_METHOD);
static_assert(id::queueDeclareOk == AMQP_QUEUE_DECLARE_OK_METHOD);
static_assert(id::queueBindOk == AMQP_QUEUE_BIND_OK_METHOD);
static_assert(id::queueDeleteOk == AMQP_QUEUE_DELETE_OK_METHOD);
static_assert(id::qosOk == AMQP_BASIC_QOS_OK_METHOD);
static_assert(id::consumeOk == AMQP_BASIC_CONSUME_OK_METHOD);
static_assert(id::cancelOk == AMQP_BASIC_CANCEL_OK_METHOD);
static_assert(id::publish == AMQP_BASIC_PUBLISH_METHOD);
static_assert(id::getOk == AMQP_BASIC_GET_OK_METHOD);
static_assert(id::getEmpty == AMQP_BASIC_GET_EMPTY_METHOD);
static_assert(id::selectOk == AMQP_CONFIRM_SELECT_OK_METHOD);

struct MethodDecoder::Pool {
  Pool() { init_amqp_pool(&pool, 4096); }
  ~Pool() { empty_amqp_pool(&pool); }
  amqp_pool_t pool;
};

namespace {

amqp_bytes_t bytesOf(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // the library never writes through it
}
std::string_view viewOf(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

// Its table of server properties is skipped: nothing in it is needed, and the library's decoder
// would recurse as deep as the sender likes.
std::optional<Method> decodeStart(std::string_view arguments) {
  ByteReader from(arguments);
  from.u16();
  from.longText();
  const Start start{from.longText()};
  if (from.failed()) return std::nullopt;
  return start;
}

template <class Raw>
Close closeOf(const Raw& raw) {
  return {raw.reply_code, viewOf(raw.reply_text),
          static_cast<uint32_t>(raw.class_id) << 16 | raw.method_id};
}

Method translate(uint32_t method, const void* raw) {
  switch (method) {
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto& m = *static_cast<const amqp_basic_deliver_t*>(raw);
      return Deliver{m.delivery_tag, m.redelivered != 0};
    }
    case AMQP_BASIC_ACK_METHOD: {
      const auto& m = *static_cast<const amqp_basic_ack_t*>(raw);
      return Confirm{m.delivery_tag, m.multiple != 0, true};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& m = *static_cast<const amqp_basic_nack_t*>(raw);
      return Confirm{m.delivery_tag, m.multiple != 0, false};
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto& m = *static_cast<const amqp_basic_return_t*>(raw);
      return Return{m.reply_code, viewOf(m.reply_text), viewOf(m.exchange), viewOf(m.routing_key)};
    }
    case AMQP_BASIC_CANCEL_METHOD:
      return Cancel{};
    case AMQP_BASIC_GET_OK_METHOD: {
      const auto& m = *static_cast<const amqp_basic_get_ok_t*>(raw);
      return Answer{method, m.message_count, 0, m.delivery_tag, m.redelivered != 0};
    }
    case AMQP_QUEUE_DECLARE_OK_METHOD: {
      const auto& m = *static_cast<const amqp_queue_declare_ok_t*>(raw);
      return Answer{method, m.message_count, m.consumer_count};
    }
    case AMQP_CONNECTION_TUNE_METHOD: {
      const auto& m = *static_cast<const amqp_connection_tune_t*>(raw);
      return Tune{m.channel_max, m.frame_max, m.heartbeat};
    }
    case AMQP_CONNECTION_CLOSE_METHOD:
      return closeOf(*static_cast<const amqp_connection_close_t*>(raw));
    case AMQP_CHANNEL_CLOSE_METHOD:
      return closeOf(*static_cast<const amqp_channel_close_t*>(raw));
    case AMQP_CONNECTION_BLOCKED_METHOD:
      return Blocked{viewOf(static_cast<const amqp_connection_blocked_t*>(raw)->reason)};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      return Unblocked{};
    case AMQP_CONNECTION_OPEN_OK_METHOD:
    case AMQP_CONNECTION_CLOSE_OK_METHOD:
    case AMQP_CHANNEL_OPEN_OK_METHOD:
    case AMQP_CHANNEL_CLOSE_OK_METHOD:
    case AMQP_EXCHANGE_DECLARE_OK_METHOD:
    case AMQP_QUEUE_BIND_OK_METHOD:
    case AMQP_QUEUE_DELETE_OK_METHOD:
    case AMQP_BASIC_QOS_OK_METHOD:
    case AMQP_BASIC_CONSUME_OK_METHOD:
    case AMQP_BASIC_CANCEL_OK_METHOD:
    case AMQP_BASIC_GET_EMPTY_METHOD:
    case AMQP_CONFIRM_SELECT_OK_METHOD:
      return Answer{method};
    default:
      return Other{method};
  }
}

// `room` bounds the encoded arguments.
template <class M>
void putMethod(std::string& out, uint16_t channel, uint32_t method, M arguments, size_t room) {
  const size_t frame = beginFrame(out, FrameType::method, channel);
  putU32(out, method);
  const size_t at = out.size();
  out.resize(at + room);
  const int used = amqp_encode_method(method, &arguments, {room, out.data() + at});
  out.resize(at + static_cast<size_t>(used > 0 ? used : 0));
  endFrame(out, frame);
}

// Methods with a table are written by hand, so that tables have one codec: the bounded one.
size_t beginMethod(std::string& out, uint16_t channel, uint32_t method) {
  const size_t frame = beginFrame(out, FrameType::method, channel);
  putU32(out, method);
  return frame;
}

}  // namespace

MethodDecoder::MethodDecoder() : pool_(std::make_unique<Pool>()) {}
MethodDecoder::~MethodDecoder() = default;

std::optional<Method> MethodDecoder::decode(std::string_view payload) {
  ByteReader from(payload);
  const uint32_t method = from.u32();
  if (from.failed()) return std::nullopt;
  const std::string_view arguments = payload.substr(4);
  if (method == AMQP_CONNECTION_START_METHOD) return decodeStart(arguments);
  recycle_amqp_pool(&pool_->pool);
  void* raw = nullptr;
  const int rc = amqp_decode_method(method, &pool_->pool, bytesOf(arguments), &raw);
  if (rc == AMQP_STATUS_UNKNOWN_METHOD) return Other{method};
  if (rc < 0 || raw == nullptr) return std::nullopt;
  return translate(method, raw);
}

namespace put {

void protocolHeader(std::string& out) { out.append("AMQP\0\0\x09\x01", 8); }

void heartbeat(std::string& out) { endFrame(out, beginFrame(out, FrameType::heartbeat, 0)); }

void startOk(std::string& out, const Table& clientProperties, std::string_view mechanism,
             std::string_view response) {
  const size_t frame = beginMethod(out, 0, AMQP_CONNECTION_START_OK_METHOD);
  encodeTable(out, clientProperties);
  putShort(out, mechanism);
  putLong(out, response);
  putShort(out, "en_US");
  endFrame(out, frame);
}

void tuneOk(std::string& out, const Tune& tune) {
  putMethod(out, 0, AMQP_CONNECTION_TUNE_OK_METHOD,
            amqp_connection_tune_ok_t{tune.channelMax, tune.frameMax, tune.heartbeat}, 16);
}

void connectionOpen(std::string& out, std::string_view vhost) {
  putMethod(out, 0, AMQP_CONNECTION_OPEN_METHOD,
            amqp_connection_open_t{bytesOf(vhost), bytesOf({}), 0}, 300);
}

void connectionClose(std::string& out, uint16_t code, std::string_view text) {
  putMethod(out, 0, AMQP_CONNECTION_CLOSE_METHOD,
            amqp_connection_close_t{code, bytesOf(text.substr(0, 255)), 0, 0}, 300);
}

void connectionCloseOk(std::string& out) {
  putMethod(out, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t{}, 16);
}

void channelOpen(std::string& out, uint16_t channel) {
  putMethod(out, channel, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{bytesOf({})}, 16);
}

void channelClose(std::string& out, uint16_t channel) {
  putMethod(out, channel, AMQP_CHANNEL_CLOSE_METHOD,
            amqp_channel_close_t{AMQP_REPLY_SUCCESS, bytesOf({}), 0, 0}, 32);
}

void channelCloseOk(std::string& out, uint16_t channel) {
  putMethod(out, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t{}, 16);
}

void exchangeDeclare(std::string& out, uint16_t channel, std::string_view name,
                     std::string_view type) {
  putMethod(
      out, channel, AMQP_EXCHANGE_DECLARE_METHOD,
      amqp_exchange_declare_t{0, bytesOf(name), bytesOf(type), 0, 1, 0, 0, 0, amqp_empty_table},
      600);
}

void queueDeclare(std::string& out, uint16_t channel, const QueueSpec& queue) {
  const size_t frame = beginMethod(out, channel, AMQP_QUEUE_DECLARE_METHOD);
  putU16(out, 0);
  putShort(out, queue.name);
  constexpr uint8_t passive = 1, durable = 2;
  putU8(out, queue.passive ? passive | durable : durable);
  encodeTable(out, queue.arguments);
  endFrame(out, frame);
}

void queueBind(std::string& out, uint16_t channel, std::string_view queue,
               std::string_view exchange, std::string_view key) {
  putMethod(
      out, channel, AMQP_QUEUE_BIND_METHOD,
      amqp_queue_bind_t{0, bytesOf(queue), bytesOf(exchange), bytesOf(key), 0, amqp_empty_table},
      800);
}

void queueDelete(std::string& out, uint16_t channel, std::string_view queue) {
  putMethod(out, channel, AMQP_QUEUE_DELETE_METHOD, amqp_queue_delete_t{0, bytesOf(queue), 0, 0, 0},
            300);
}

void qos(std::string& out, uint16_t channel, uint16_t prefetch) {
  putMethod(out, channel, AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t{0, prefetch, 0}, 16);
}

void consume(std::string& out, uint16_t channel, std::string_view queue, std::string_view tag) {
  putMethod(out, channel, AMQP_BASIC_CONSUME_METHOD,
            amqp_basic_consume_t{0, bytesOf(queue), bytesOf(tag), 0, 0, 0, 0, amqp_empty_table},
            600);
}

void cancel(std::string& out, uint16_t channel, std::string_view tag) {
  putMethod(out, channel, AMQP_BASIC_CANCEL_METHOD, amqp_basic_cancel_t{bytesOf(tag), 0}, 300);
}

void get(std::string& out, uint16_t channel, std::string_view queue) {
  putMethod(out, channel, AMQP_BASIC_GET_METHOD, amqp_basic_get_t{0, bytesOf(queue), 0}, 300);
}

void ack(std::string& out, uint16_t channel, uint64_t tag, bool multiple) {
  putMethod(out, channel, AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t{tag, multiple}, 16);
}

void nack(std::string& out, uint16_t channel, uint64_t tag, bool requeue) {
  putMethod(out, channel, AMQP_BASIC_NACK_METHOD, amqp_basic_nack_t{tag, 0, requeue}, 16);
}

void confirmSelect(std::string& out, uint16_t channel) {
  putMethod(out, channel, AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t{0}, 16);
}

void publish(std::string& out, uint16_t channel, std::string_view exchange,
             std::string_view routingKey) {
  putMethod(out, channel, AMQP_BASIC_PUBLISH_METHOD,
            amqp_basic_publish_t{0, bytesOf(exchange), bytesOf(routingKey), 1, 0}, 600);
}

}  // namespace put
}  // namespace tidings::amqp
