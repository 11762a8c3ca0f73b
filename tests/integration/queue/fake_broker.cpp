#include "integration/queue/fake_broker.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <stdexcept>

#include "amqp/bytes.h"
#include "amqp/content_codec.h"
#include "amqp/frame.h"

namespace tidings::queue {
namespace {

using amqp::FrameType;
using namespace std::string_literals;

constexpr size_t greetingBytes = 8;
constexpr uint32_t start = 0x000A000A, startOk = 0x000A000B, tune = 0x000A001E, tuneOk = 0x000A001F,
                   channelCloseOk = 0x00140029, connectionCloseOk = 0x000A0033, nack = 0x003C0078;
// Read as any answer's arguments: no text, no limit, no messages.
const std::string nothing(16, '\0');

std::string frame(FrameType type, uint16_t channel, std::string_view payload) {
  std::string bytes;
  const size_t at = amqp::beginFrame(bytes, type, channel);
  bytes += payload;
  amqp::endFrame(bytes, at);
  return bytes;
}

bool wantsNoAnswer(uint32_t method) {
  return method == tuneOk || method == channelCloseOk || method == connectionCloseOk ||
         method == nack || method == FakeBroker::publish || method == FakeBroker::ack;
}

amqp::Descriptor listenOnLoopback() {
  amqp::Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 8) != 0) {
    throw std::runtime_error("the fake broker can't listen");
  }
  return fd;
}

}  // namespace

FakeBroker::FakeBroker(Loop& loop, OnMethod onMethod)
    : loop_(loop), onMethod_(std::move(onMethod)), listener_(listenOnLoopback()) {
  listenerWatch_ = loop_.watch(listener_.get(), [this](bool, bool) { accept(); });
  listenerWatch_->want(true, false);
}

FakeBroker::~FakeBroker() {
  listenerWatch_.reset();  // before the descriptors close
  clientWatch_.reset();
}

amqp::Settings FakeBroker::settings() const {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
  amqp::Settings settings;
  settings.endpoints = {{.host = "127.0.0.1", .port = ntohs(address.sin_port)}};
  settings.reconnectFirst = Millis{10};
  return settings;
}

// One client at a time: a new one takes the place of the one before.
void FakeBroker::accept() {
  amqp::Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
  if (client.get() < 0) return;
  clientWatch_.reset();
  client_ = std::move(client);
  in_.clear();
  clientWatch_ = loop_.watch(client_.get(), [this](bool, bool) { read(); });
  clientWatch_->want(true, false);
}

void FakeBroker::read() {
  char bytes[65536];
  const auto got = amqp::readSome(client_.get(), bytes, sizeof bytes);
  if (!got.ok()) {
    clientWatch_.reset();
    return;
  }
  in_.append(bytes, *got);
  if (in_.starts_with("AMQP") && in_.size() >= greetingBytes) {
    in_.erase(0, greetingBytes);
    sendMethod(0, start, "\0\x09\0\0\0\0\0\0\0\x05PLAIN\0\0\0\0"s);
  }
  std::string_view left = in_;
  amqp::Frame frame;
  while (amqp::readFrame(left, sizeof bytes, frame) == amqp::FrameRead::complete) {
    if (frame.type == FrameType::method) take(frame.channel, amqp::ByteReader(frame.payload).u32());
  }
  in_.erase(0, in_.size() - left.size());
}

void FakeBroker::take(uint16_t channel, uint32_t method) {
  ++counts_[method];
  if (onMethod_(*this, channel, method) || wantsNoAnswer(method)) return;
  // AMQP gives an answer the number after its question's.
  sendMethod(channel, method == startOk ? tune : method + 1, nothing);
}

void FakeBroker::sendMethod(uint16_t channel, uint32_t method, std::string_view arguments) {
  std::string payload;
  amqp::putU32(payload, method);
  payload += arguments;
  send(frame(FrameType::method, channel, payload));
}

void FakeBroker::sendContent(uint16_t channel, std::string_view body) {
  std::string header;
  amqp::encodeContentHeader(header, body.size(), {});
  send(frame(FrameType::header, channel, header) + frame(FrameType::body, channel, body));
}

int FakeBroker::count(uint32_t method) const {
  const auto found = counts_.find(method);
  return found == counts_.end() ? 0 : found->second;
}

// Little, so the socket takes it at once.
void FakeBroker::send(const std::string& bytes) {
  const auto taken = amqp::writeSome(client_.get(), bytes);
  EXPECT_TRUE(taken.ok() && *taken == bytes.size());
}

}  // namespace tidings::queue
