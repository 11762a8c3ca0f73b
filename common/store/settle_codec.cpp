#include "store/settle_codec.h"

#include "base/utf8.h"

namespace tidings::store {
namespace {

using pg::ArrayText;

constexpr size_t maxErrorBytes = 512;
constexpr size_t maxMessageIdBytes = 256;
constexpr size_t maxNameBytes = 128;

struct Arrays {
  ArrayText day, token, id, recipient, channel, address, state, attempt, next, reason, provider,
      messageId, error, gone, refundItem, refundRecipient, refundCap;
  int64_t items = 0;

  void add(const Settlement& s) {
    ++items;
    day.add(s.ticket.day);
    token.add(s.ticket.token);
    id.add(s.notificationId);
    recipient.add(s.recipient);
    channel.add(s.target.channel);
    address.add(s.target.address);
    state.add(notification::toString(s.state));
    attempt.add(int64_t{s.attempt});
    if (s.nextAttemptAt) {
      next.add(int64_t{s.nextAttemptAt->time_since_epoch().count()});
    } else {
      next.addNull();
    }
    reason.addOrNull(cleanText(s.reason, maxNameBytes));
    provider.addOrNull(cleanText(s.provider, maxNameBytes));
    messageId.addOrNull(cleanText(s.providerMessageId, maxMessageIdBytes));
    error.addOrNull(cleanText(s.error, maxErrorBytes));
    if (s.deactivateAddress) gone.add(items);
    for (const std::string& cap : s.refundCaps) {
      refundItem.add(items);
      refundRecipient.add(s.recipient);
      refundCap.add(cap);
    }
  }
};

}  // namespace

pg::Params encodeSettlements(const std::vector<std::vector<Settlement>>& jobs) {
  Arrays a;
  for (const auto& job : jobs) {
    for (const Settlement& settlement : job) a.add(settlement);
  }
  pg::Params params;
  for (ArrayText* array : {&a.day, &a.token, &a.id, &a.recipient, &a.channel, &a.address, &a.state,
                           &a.attempt, &a.next, &a.reason, &a.provider, &a.messageId, &a.error,
                           &a.gone, &a.refundItem, &a.refundRecipient, &a.refundCap}) {
    params.text(std::move(*array).take());
  }
  return params;
}

bool fitsDatabase(const Settlement& s) {
  return pg::fitsText(s.notificationId) && pg::fitsText(s.recipient) &&
         pg::fitsText(s.target.channel) && pg::fitsText(s.target.address);
}

}  // namespace tidings::store
