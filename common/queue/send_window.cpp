#include "queue/send_window.h"

#include <algorithm>

namespace tidings::queue {
namespace {

// As it was sent: cut to what AMQP can carry.
std::string_view idOf(const Outgoing& message) {
  return std::string_view(message.properties.messageId).substr(0, 255);
}

bool sameMessage(const Outgoing& ours, const amqp::Returned& theirs) {
  return ours.exchange == theirs.exchange && ours.routingKey == theirs.routingKey &&
         idOf(ours) == theirs.properties.messageId && ours.body == theirs.body;
}

}  // namespace

void SendWindow::sent(SendingPtr sending) {
  ++count_;
  bytes_ += sending->bytes();
  slots_.push_back(std::move(sending));
}

bool SendWindow::settle(SendingPtr& slot, bool positive) {
  if (!slot) return false;
  const SendingPtr sending = std::move(slot);
  slot = nullptr;
  --count_;
  bytes_ -= sending->bytes();
  if (sending->returned) {
    sending->shot.set(*sending->returned);
  } else if (positive) {
    sending->shot.set(done);
  } else {
    sending->shot.set(Error{ErrorKind::transient, "the broker refused the message (nack)"});
  }
  return true;
}

size_t SendWindow::confirm(uint64_t tag, bool multiple, bool positive) {
  if (tag < first_ || tag - first_ >= slots_.size()) return 0;
  size_t settled = 0;
  const size_t last = tag - first_;
  for (size_t i = multiple ? 0 : last; i <= last; ++i) settled += settle(slots_[i], positive);
  for (; !slots_.empty() && !slots_.front(); slots_.pop_front()) ++first_;
  return settled;
}

bool SendWindow::markReturned(const amqp::Returned& returned) {
  Sending* match = nullptr;
  for (const SendingPtr& slot : slots_) {
    if (!slot || slot->returned || !sameMessage(slot->message, returned)) continue;
    if (match == nullptr) match = slot.get();
    // Bodies may be alike while the headers differ: the same job's follow-ups for two addresses.
    if (slot->message.properties.headers != returned.properties.headers) continue;
    match = slot.get();
    break;
  }
  if (match == nullptr) return false;
  match->returned = Error{ErrorKind::transient,
                          "returned by the broker: " + returned.text + " (exchange '" +
                              returned.exchange + "', routing key '" + returned.routingKey + "')"};
  return true;
}

std::deque<SendingPtr> SendWindow::takeAll() {
  std::deque<SendingPtr> left;
  for (SendingPtr& slot : slots_) {
    if (!slot) continue;
    if (slot->returned) {
      settle(slot, false);
    } else {
      left.push_back(std::move(slot));
    }
  }
  slots_.clear();
  first_ = 1;
  count_ = bytes_ = 0;
  return left;
}

}  // namespace tidings::queue
