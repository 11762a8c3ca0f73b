#include "amqp/connection.h"

#include <cstring>

#include "amqp/sent_part.h"

namespace tidings::amqp {
namespace {

// A frame may be larger than was agreed on: RabbitMQ takes headers of that size and a little more,
// adds its own and sends them without looking. Refused, they would come again for ever.
constexpr size_t readRoom = 2 * wantedFrame;
constexpr int readsPerTurn = 8;

}  // namespace

Connection::Connection(Loop& loop, const Settings& settings, const Endpoint& endpoint,
                       Counters& counters, std::unique_ptr<Socket> socket)
    : loop_(loop),
      settings_(settings),
      endpoint_(endpoint),
      counters_(counters),
      socket_(std::move(socket)),
      in_(readRoom, '\0'),
      lastRead_(loop.clock().mono()),
      lastWrite_(lastRead_),
      opened_(std::make_shared<OneShot<Status>>(loop)),
      closed_(std::make_shared<OneShot<bool>>(loop)) {
  watch_ = loop_.watch(socket_->fd(),
                       [this](bool readable, bool writable) { onReady(readable, writable); });
  turnEnd_ = loop_.onTurnEnd([this] { flush(); });
  put::protocolHeader(out_);
  watch_->want(true, false);
  everySecond();
}

Connection::~Connection() {
  onLost = nullptr;
  fail({ErrorKind::cancelled, "disconnected"});
  loop_.removeTurnEnd(turnEnd_);
}

Task<Result<std::unique_ptr<Connection>>> Connection::open(Loop& loop, const Settings& settings,
                                                           const Endpoint& endpoint,
                                                           Counters& counters, Deadline deadline) {
  auto socket = co_await connectSocket(loop, endpoint, settings.tls, deadline);
  if (!socket.ok()) {
    co_return Error{socket.error().kind, endpoint.text() + ": " + socket.error().message};
  }
  std::unique_ptr<Connection> connection(
      new Connection(loop, settings, endpoint, counters, std::move(*socket)));
  const auto opened = connection->opened_;
  std::optional<Status> answer = co_await opened->waitUntil(deadline);
  if (!answer)
    co_return Error{ErrorKind::unreachable, endpoint.text() + ": no answer to the login"};
  if (!answer->ok()) {
    co_return Error{answer->error().kind, endpoint.text() + ": " + answer->error().message};
  }
  ++counters.connects;
  co_return std::move(connection);
}

Task<Result<std::shared_ptr<Channel>>> Connection::openChannel(ChannelListener& listener) {
  if (lost_) co_return *lost_;
  if (channels_.size() >= limits_.channels)
    co_return Error{ErrorKind::internal, "too many channels"};
  do {
    lastChannel_ = lastChannel_ >= limits_.channels ? 1 : static_cast<uint16_t>(lastChannel_ + 1);
  } while (channels_.contains(lastChannel_));
  auto channel = std::make_shared<Channel>(*this, lastChannel_, listener);
  channels_.emplace(lastChannel_, channel);
  put::channelOpen(out_, lastChannel_);
  const Status opened = co_await channel->askPlain(id::channelOpenOk, "channel.open");
  if (!opened.ok()) co_return opened.error();
  co_return std::move(channel);
}

Task<void> Connection::close(Deadline deadline) {
  if (!lost_) {
    put::connectionClose(out_, 200, "goodbye");
    wrote();
    const auto closed = closed_;
    co_await closed->waitUntil(deadline);
  }
  fail({ErrorKind::cancelled, "closed by us"});
}

void Connection::pauseReading(bool pause) {
  if (paused_ == pause || lost_) return;
  paused_ = pause;
  watchFor();
  if (pause) return;
  lastRead_ = loop_.clock().mono();
  loop_.post([this, life = std::weak_ptr(life_)] {  // frames may be waiting in our buffer
    if (!life.expired()) drain();
  });
}

void Connection::fail(Error error) {
  if (lost_) return;
  lost_ = std::move(error);
  watch_.reset();  // before the descriptor closes: its number may be used again at once
  socket_.reset();
  loop_.cancel(timer_);
  life_.reset();
  opened_->set(*lost_);
  closed_->set(true);
  const auto channels = std::move(channels_);
  channels_.clear();
  for (const auto& [number, channel] : channels) channel->onConnectionLost(*lost_);
  if (onLost) onLost(*lost_);
}

void Connection::onReady(bool readable, bool writable) {
  if (readable) drain();
  if (writable && !lost_) flush();
}

void Connection::drain() {
  for (int i = 0; i < readsPerTurn && !lost_ && !paused_; ++i) {
    parse();
    if (lost_ || paused_) return;
    const Result<size_t> got = socket_->read(in_.data() + read_, in_.size() - read_);
    if (!got.ok()) return fail(got.error());
    if (*got == 0) return;
    read_ += *got;
    counters_.bytesIn += *got;
    lastRead_ = loop_.clock().mono();
    const bool more = read_ == in_.size() || socket_->buffered();
    parse();
    if (!more) return;
  }
  if (lost_ || paused_) return;
  loop_.post([this, life = std::weak_ptr(life_)] {  // the rest may wait in a buffer, not the socket
    if (!life.expired()) drain();
  });
}

void Connection::parse() {
  std::string_view bytes(in_.data() + parsed_, read_ - parsed_);
  Frame frame;
  FrameRead result = FrameRead::needMore;
  while (!lost_ && !paused_ &&
         (result = readFrame(bytes, in_.size(), frame)) == FrameRead::complete) {
    ++counters_.framesIn;
    if (!onFrame(frame)) return fail({ErrorKind::transient, "the broker broke the protocol"});
  }
  if (lost_) return;
  if (result == FrameRead::damaged) {
    return fail({ErrorKind::transient, bytes.starts_with("AMQP")
                                           ? "the broker does not speak AMQP 0-9-1"
                                           : "a frame from the broker is damaged"});
  }
  parsed_ = read_ - bytes.size();
  if (parsed_ == read_) {
    parsed_ = read_ = 0;
  } else if (parsed_ > 0 && in_.size() - read_ < wantedFrame) {
    std::memmove(in_.data(), in_.data() + parsed_, read_ - parsed_);
    read_ -= parsed_;
    parsed_ = 0;
  }
}

bool Connection::onFrame(const Frame& frame) {
  if (frame.type == FrameType::heartbeat) return true;
  if (frame.channel == 0) {
    const auto method = decoder_.decode(frame.payload);
    return frame.type == FrameType::method && method && onOwnMethod(*method);
  }
  const auto found = channels_.find(frame.channel);
  if (found == channels_.end()) return true;  // of a channel that we have just closed
  const std::shared_ptr<Channel> channel = found->second;
  return channel->isOpen() ? channel->onFrame(frame, decoder_) : onLateFrame(frame);
}

// Of a channel that was given up: its number stays taken until the broker has let go of it too.
bool Connection::onLateFrame(const Frame& frame) {
  if (frame.type != FrameType::method) return true;
  const auto method = decoder_.decode(frame.payload);
  if (!method) return false;
  const auto* answer = std::get_if<Answer>(&*method);
  if (answer != nullptr && answer->id == id::channelCloseOk) forget(frame.channel);
  if (std::holds_alternative<Close>(*method)) {
    put::channelCloseOk(out_, frame.channel);
    wrote();
    forget(frame.channel);
  }
  return true;
}

bool Connection::onOwnMethod(const Method& method) {
  if (const auto* start = std::get_if<Start>(&method)) {
    onStart(*start);
  } else if (const auto* tune = std::get_if<Tune>(&method)) {
    onTune(*tune);
  } else if (const auto* close = std::get_if<Close>(&method)) {
    onClose(*close);
  } else if (const auto* pause = std::get_if<Blocked>(&method)) {
    blocked_ = true;
    if (onBlocked) onBlocked(true, pause->reason);
  } else if (std::holds_alternative<Unblocked>(method)) {
    blocked_ = false;
    if (onBlocked) onBlocked(false, {});
  } else if (const auto* answer = std::get_if<Answer>(&method)) {
    if (answer->id == id::connectionOpenOk) opened_->set(done);
    if (answer->id == id::connectionCloseOk) closed_->set(true);
  }
  return true;
}

void Connection::onStart(const Start& start) {
  if (greeted_) return;
  greeted_ = true;
  answerStart(out_, start, settings_, endpoint_);
  wrote();
}

void Connection::onTune(const Tune& tune) {
  limits_ = answerTune(out_, tune, settings_);
  put::connectionOpen(out_, endpoint_.vhost);
  wrote();
  wrote();
}

void Connection::onClose(const Close& close) {
  put::connectionCloseOk(out_);
  wrote();
  // Once, for politeness: whether it arrives changes nothing.
  const Result<size_t> ignored = socket_->write(std::string_view(out_).substr(sent_));
  constexpr uint16_t forced = 320;  // by an operator, or the broker shuts down
  const bool refused = !opened_->isSet() && close.code != forced;
  fail({refused ? ErrorKind::permanent : ErrorKind::transient, std::string(close.text)});
}

void Connection::flush() {
  while (!lost_ && send() && sent_ > 0 && sent_ == out_.size()) {
    dropSent(out_, sent_);
    if (onDrained) onDrained();
  }
  dropSent(out_, sent_);
  watchFor();
}

// As much as the socket takes; false when the connection is lost by it.
bool Connection::send() {
  while (sent_ < out_.size() || socket_->unsent()) {
    const Result<size_t> taken = socket_->write(std::string_view(out_).substr(sent_));
    if (!taken.ok()) {
      fail(taken.error());
      return false;
    }
    if (*taken == 0) break;
    sent_ += *taken;
    counters_.bytesOut += *taken;
    lastWrite_ = loop_.clock().mono();
  }
  return true;
}

void Connection::watchFor() {
  if (watch_) watch_->want(!paused_, unsent() > 0 || socket_->unsent());
}

// Heartbeats, both ways. A pause of our own process must not count against the broker, so there is
// a look at the socket first.
void Connection::everySecond() {
  timer_ = loop_.after(untilNextSecond(loop_.clock()), [this] { everySecond(); });
  if (limits_.heartbeat.count() == 0) return;
  if (loop_.clock().mono() - lastRead_ > 2 * limits_.heartbeat && !paused_) {
    drain();
    if (lost_) return;
    if (loop_.clock().mono() - lastRead_ > 2 * limits_.heartbeat) {
      return fail({ErrorKind::transient, "the broker has been silent for two heartbeats"});
    }
  }
  if (unsent() == 0 && loop_.clock().mono() - lastWrite_ >= limits_.heartbeat / 2) {
    put::heartbeat(out_);
    wrote();
  }
}

Task<Result<std::unique_ptr<Connection>>> connectAny(Loop& loop, const Settings& settings,
                                                     Counters& counters, Deadline deadline) {
  Error last{ErrorKind::invalid, "no broker is configured"};
  for (const Endpoint& endpoint : settings.endpoints) {
    const Deadline limit = deadline.earlier(Deadline::after(loop.clock(), settings.connectTimeout));
    auto opened = co_await Connection::open(loop, settings, endpoint, counters, limit);
    if (opened.ok()) co_return std::move(opened);
    last = opened.error();
  }
  co_return last;
}

}  // namespace tidings::amqp
