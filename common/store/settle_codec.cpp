#include "store/settle_codec.h"

#include "base/plain_text.h"
#include "base/utf8.h"

namespace tidings::store {
namespace {

constexpr size_t maxErrorBytes = 512;
constexpr size_t maxMessageIdBytes = 256;
constexpr size_t maxNameBytes = 128;

// Absent when empty.
void addClean(pg::TextArray& array, std::string_view text, size_t maxBytes) {
  if (text.size() <= maxBytes && printablePrefix(text) == text.size()) {
    array.addOrNull(text);
  } else {
    array.add(cleanText(text, maxBytes));
  }
}

// The arrays of tidings.settle(), filled item by item.
struct Arrays {
  explicit Arrays(size_t expected)
      : day(expected),
        token(expected),
        id(expected * 48),
        recipient(expected * 32),
        channel(expected * 10),
        address(expected * 160),
        state(expected * 12),
        attempt(expected),
        next(expected),
        reason(expected * 8),
        provider(expected * 16),
        messageId(expected * 80),
        error(expected * 8) {}

  pg::IntArray day;
  pg::BigintArray token;
  pg::TextArray id, recipient, channel, address, state;
  pg::IntArray attempt;
  pg::BigintArray next;
  pg::TextArray reason, provider, messageId, error;
  pg::IntArray gone, refundItem;
  pg::TextArray refundRecipient, refundCap;
  pg::IntArray uncertain;
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
    attempt.add(s.attempt);
    if (s.nextAttemptIn) {
      next.add(s.nextAttemptIn->count());
    } else {
      next.addNull();
    }
    addClean(reason, s.reason, maxNameBytes);
    addClean(provider, s.provider, maxNameBytes);
    addClean(messageId, s.providerMessageId, maxMessageIdBytes);
    addClean(error, s.error, maxErrorBytes);
    if (s.deactivateAddress) gone.add(items);
    if (s.uncertain) uncertain.add(items);
    for (const std::string& cap : s.refundCaps) {
      refundItem.add(items);
      refundRecipient.add(s.recipient);
      refundCap.add(cap);
    }
  }
};

}  // namespace

pg::Params encodeSettlements(const std::vector<const Settlements*>& jobs) {
  Arrays a(jobs.size());
  for (const Settlements* job : jobs) {
    for (const Settlement& settlement : *job) a.add(settlement);
  }
  pg::Params params;
  for (pg::Array* array : std::initializer_list<pg::Array*>{
           &a.day, &a.token, &a.id, &a.recipient, &a.channel, &a.address, &a.state, &a.attempt,
           &a.next, &a.reason, &a.provider, &a.messageId, &a.error, &a.gone, &a.refundItem,
           &a.refundRecipient, &a.refundCap, &a.uncertain}) {
    params.array(std::move(*array));
  }
  return params;
}

std::vector<TakenOver> decodeSettled(const pg::Rows& rows,
                                     const std::vector<const Settlements*>& jobs) {
  std::vector<TakenOver> all(jobs.size());
  size_t job = 0, first = 0;  // of its items
  for (int row = 0; row < rows.size(); ++row) {
    const size_t item = static_cast<size_t>(rows.integer(row, 0)) - 1;
    while (item >= first + jobs[job]->size()) first += jobs[job++]->size();
    all[job].push_back(item - first);
  }
  return all;
}

bool fitsDatabase(const Settlement& s) {
  return pg::fitsText(s.notificationId) && pg::fitsText(s.recipient) &&
         pg::fitsText(s.target.channel) && pg::fitsText(s.target.address);
}

}  // namespace tidings::store
