#include "amqp/channel.h"

#include <algorithm>

#include "amqp/connection.h"
#include "amqp/frame.h"

namespace tidings::amqp {
namespace {

Error refusal(const Close& close) {
  constexpr uint16_t accessRefused = 403, preconditionFailed = 406, notAllowed = 530;
  switch (close.code) {
    case preconditionFailed:
      return {ErrorKind::invalid, std::string(close.text)};
    case accessRefused:
    case notAllowed:
      return {ErrorKind::permanent, std::string(close.text)};
    default:
      return {ErrorKind::transient, std::string(close.text)};
  }
}

}  // namespace

Task<Result<Answer>> Channel::ask(uint32_t answer, std::string what, uint32_t otherAnswer) {
  connection_->wrote();
  auto shot = std::make_shared<OneShot<Result<Answer>>>(connection_->loop());
  questions_.push_back({answer, otherAnswer, shot});
  const Millis limit = connection_->answerTimeout();
  const Deadline deadline = Deadline::after(connection_->loop().clock(), limit);
  std::optional<Result<Answer>> got = co_await shot->waitUntil(deadline);
  if (got) co_return std::move(*got);
  Error error{ErrorKind::uncertain, "the broker did not answer " + what + " within " +
                                        std::to_string(limit.count()) + " ms"};
  // A late answer would be taken for the next question's. A dead broker is the heartbeat's matter;
  // this may be a single queue without a leader, and the others go on.
  if (isOpen()) {
    if (!closing_) {
      put::channelClose(connection_->out(), id_);
      connection_->wrote();
    }
    shut(error);
  }
  co_return error;
}

Task<Status> Channel::askPlain(uint32_t answer, std::string what) {
  const Result<Answer> got = co_await ask(answer, std::move(what));
  if (!got.ok()) co_return got.error();
  co_return done;
}

Task<Result<Answer>> Channel::declareQueue(QueueSpec queue) {
  if (!isOpen()) co_return closedBy_;
  put::queueDeclare(connection_->out(), id_, queue);
  co_return co_await ask(id::queueDeclareOk, "queue.declare " + queue.name);
}

Task<Status> Channel::declareExchange(std::string name, std::string type) {
  if (!isOpen()) co_return closedBy_;
  put::exchangeDeclare(connection_->out(), id_, name, type);
  co_return co_await askPlain(id::exchangeDeclareOk, "exchange.declare " + name);
}

Task<Status> Channel::bindQueue(std::string queue, std::string exchange, std::string key) {
  if (!isOpen()) co_return closedBy_;
  put::queueBind(connection_->out(), id_, queue, exchange, key);
  co_return co_await askPlain(id::queueBindOk, "queue.bind " + queue);
}

Task<Result<Answer>> Channel::deleteQueue(std::string queue) {
  if (!isOpen()) co_return closedBy_;
  put::queueDelete(connection_->out(), id_, queue);
  co_return co_await ask(id::queueDeleteOk, "queue.delete " + queue);
}

Task<Status> Channel::prefetch(uint16_t count) {
  if (!isOpen()) co_return closedBy_;
  put::qos(connection_->out(), id_, count);
  co_return co_await askPlain(id::qosOk, "basic.qos");
}

Task<Status> Channel::consume(std::string queue, std::string consumerTag) {
  if (!isOpen()) co_return closedBy_;
  put::consume(connection_->out(), id_, queue, consumerTag);
  co_return co_await askPlain(id::consumeOk, "basic.consume " + queue);
}

Task<Status> Channel::cancel(std::string consumerTag) {
  if (!isOpen()) co_return closedBy_;
  put::cancel(connection_->out(), id_, consumerTag);
  co_return co_await askPlain(id::cancelOk, "basic.cancel");
}

Task<Status> Channel::selectConfirms() {
  if (!isOpen()) co_return closedBy_;
  put::confirmSelect(connection_->out(), id_);
  co_return co_await askPlain(id::selectOk, "confirm.select");
}

Task<Result<std::optional<Delivery>>> Channel::get(std::string queue) {
  if (!isOpen()) co_return closedBy_;
  put::get(connection_->out(), id_, queue);
  const Result<Answer> got = co_await ask(id::getOk, "basic.get " + queue, id::getEmpty);
  if (!got.ok()) co_return got.error();
  std::optional<Delivery> delivery = std::exchange(got_, std::nullopt);
  co_return std::move(delivery);
}

Task<Status> Channel::close() {
  detach();
  if (!isOpen()) co_return closedBy_;
  closing_ = true;
  put::channelClose(connection_->out(), id_);
  const Status closed = co_await askPlain(id::channelCloseOk, "channel.close");
  if (isOpen()) {
    connection_->forget(id_);  // only now may its number be used again
    shut({ErrorKind::cancelled, "the channel was closed"});
  }
  co_return closed;
}

void Channel::ack(uint64_t tag, bool multiple) {
  if (!isOpen() || closing_) return;
  put::ack(connection_->out(), id_, tag, multiple);
  connection_->wrote();
}

void Channel::nack(uint64_t tag, bool requeue) {
  if (!isOpen() || closing_) return;
  put::nack(connection_->out(), id_, tag, requeue);
  connection_->wrote();
}

bool Channel::publish(std::string_view exchange, std::string_view routingKey,
                      const Properties& properties, std::string_view body) {
  if (!isOpen() || exchange.size() > 255 || routingKey.size() > 255) return false;
  std::string& out = connection_->out();
  const size_t start = out.size();
  put::publish(out, id_, exchange, routingKey);
  const size_t header = beginFrame(out, FrameType::header, id_);
  encodeContentHeader(out, body.size(), properties);
  endFrame(out, header);
  if (out.size() - header + 3 > connection_->frameMax()) {
    out.resize(start);
    return false;
  }
  connection_->wrote();
  connection_->wrote();
  const size_t most = connection_->frameMax() - frameOverhead;
  for (; !body.empty(); body.remove_prefix(std::min(most, body.size()))) {
    const size_t frame = beginFrame(out, FrameType::body, id_);
    out += body.substr(0, most);
    endFrame(out, frame);
    connection_->wrote();
  }
  return true;
}

bool Channel::onFrame(const Frame& frame, MethodDecoder& decoder) {
  switch (frame.type) {
    case FrameType::method: {
      const auto method = decoder.decode(frame.payload);
      return method && content_.of == Content::Of::nothing && onMethod(*method);
    }
    case FrameType::header:
      return onHeader(frame.payload);
    case FrameType::body:
      return onBody(frame.payload);
    default:
      return false;
  }
}

bool Channel::onMethod(const Method& method) {
  if (const auto* deliver = std::get_if<Deliver>(&method)) {
    content_.of = Content::Of::delivery;
    content_.delivery.tag = deliver->tag;
    content_.delivery.redelivered = deliver->redelivered;
  } else if (const auto* confirm = std::get_if<Confirm>(&method)) {
    listener_->onConfirm(*confirm);
  } else if (const auto* answer = std::get_if<Answer>(&method)) {
    return onAnswer(*answer);
  } else if (const auto* back = std::get_if<Return>(&method)) {
    content_.of = Content::Of::returned;
    content_.code = back->code;
    content_.text = back->text;
    content_.exchange = back->exchange;
    content_.routingKey = back->routingKey;
  } else if (std::holds_alternative<Cancel>(method)) {
    listener_->onConsumerCancelled();
  } else if (const auto* close = std::get_if<Close>(&method)) {
    onClose(*close);
  }
  return true;
}

bool Channel::onHeader(std::string_view payload) {
  if (content_.of == Content::Of::nothing || content_.headerSeen) return false;
  auto header = decodeContentHeader(payload);
  if (!header) return false;
  Delivery& delivery = content_.delivery;
  content_.headerSeen = true;
  delivery.properties = std::move(header->properties);
  delivery.bodySize = header->bodySize;
  delivery.truncated = delivery.bodySize > limits_.keep;
  if (delivery.bodySize == 0) finishContent();
  return true;
}

bool Channel::onBody(std::string_view payload) {
  if (!content_.headerSeen) return false;
  Delivery& delivery = content_.delivery;
  if (payload.size() > delivery.bodySize - content_.received) return false;
  const size_t keep = delivery.truncated ? std::min<size_t>(limits_.cutTo, delivery.bodySize)
                                         : static_cast<size_t>(delivery.bodySize);
  if (content_.received == 0 && payload.size() < keep) delivery.body.reserve(keep);
  delivery.body += payload.substr(0, keep - delivery.body.size());
  content_.received += payload.size();
  if (content_.received == delivery.bodySize) finishContent();
  return true;
}

void Channel::finishContent() {
  Delivery& delivery = content_.delivery;
  switch (content_.of) {
    case Content::Of::delivery:
      listener_->onDelivery(std::move(delivery));
      break;
    case Content::Of::returned:
      listener_->onReturned({content_.code, std::move(content_.text), std::move(content_.exchange),
                             std::move(content_.routingKey), std::move(delivery.properties),
                             std::move(delivery.body)});
      break;
    default:
      got_ = std::move(delivery);
      questions_.front().shot->set(content_.answer);
      questions_.pop_front();
      break;
  }
  content_ = Content{};
}

bool Channel::onAnswer(const Answer& answer) {
  if (questions_.empty()) return false;
  const Question& asked = questions_.front();
  if (answer.id != asked.answer && answer.id != asked.otherAnswer) return false;
  if (answer.id == id::getOk) {
    content_.of = Content::Of::got;
    content_.answer = answer;
    content_.delivery.tag = answer.tag;
    content_.delivery.redelivered = answer.redelivered;
    return true;
  }
  const auto shot = asked.shot;
  questions_.pop_front();
  shot->set(answer);
  return true;
}

void Channel::onClose(const Close& close) {
  put::channelCloseOk(connection_->out(), id_);
  connection_->wrote();
  connection_->forget(id_);
  shut(refusal(close));
}

void Channel::onConnectionLost(const Error& error) { shut(error); }

void Channel::shut(const Error& error) {
  if (closed_) return;
  closed_ = true;
  connection_ = nullptr;  // it may be gone by the next call
  closedBy_ = error;
  for (Question& question : std::exchange(questions_, {})) question.shot->set(closedBy_);
  listener_->onClosed(closedBy_);
}

}  // namespace tidings::amqp
