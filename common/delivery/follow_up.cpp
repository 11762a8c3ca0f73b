#include "delivery/follow_up.h"

#include <algorithm>

#include "queue/ladder.h"
#include "queue/topology.h"

namespace tidings::delivery {
namespace {

queue::Outgoing copyOf(const queue::Incoming& origin, const queue::JobHeaders& headers) {
  queue::Outgoing out;
  out.body = origin.body;
  out.properties = origin.properties;
  out.properties.persistent = true;
  out.properties.headers = queue::writeHeaders(headers, origin.properties.headers);
  return out;
}

}  // namespace

queue::Outgoing delayed(const queue::Incoming& origin, queue::JobHeaders headers,
                        WallTime notBefore, Millis wait) {
  const queue::Rung* rung = queue::rungFor(wait);
  headers.notBefore = notBefore;
  headers.rest = std::max(Millis{0}, rung == nullptr ? wait : wait - rung->delay);
  queue::Outgoing out = copyOf(origin, headers);
  out.routingKey = queue::retryQueue(origin.type);
  if (rung != nullptr) out.exchange = rung->exchange;
  return out;
}

Millis waitLeft(const queue::JobHeaders& headers, WallTime now) {
  if (!headers.notBefore) return Millis{0};
  const Millis wait = *headers.notBefore - now;
  return std::max(Millis{0}, std::min(wait, headers.rest.value_or(wait)));
}

queue::Outgoing deadLetter(const queue::Incoming& origin, queue::JobHeaders headers,
                           queue::DeathNote note) {
  headers.notBefore.reset();
  headers.rest.reset();
  headers.replay = headers.recheck = false;
  if (origin.truncated) headers.trueBodySize = static_cast<int64_t>(origin.bodySize);
  note.queue = origin.queue;
  headers.death = std::move(note);
  queue::Outgoing out = copyOf(origin, headers);
  out.routingKey = queue::deadQueue(origin.type);
  return out;
}

queue::Outgoing child(const queue::Incoming& origin, queue::JobHeaders headers, std::string body) {
  headers.notBefore.reset();
  headers.rest.reset();
  headers.recheck = false;
  queue::Outgoing out;
  out.body = std::move(body);
  out.properties = origin.properties;
  out.properties.persistent = true;
  out.properties.headers = queue::writeHeaders(headers, origin.properties.headers);
  out.routingKey = queue::typeQueue(origin.type);
  return out;
}

}  // namespace tidings::delivery
