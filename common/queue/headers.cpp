#include "queue/headers.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "amqp/table_codec.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace tidings::queue {
namespace {

constexpr std::string_view ours = "x-tidings-";
constexpr std::string_view attemptKey = "x-tidings-attempt", notBeforeKey = "x-tidings-not-before",
                           firstSeenKey = "x-tidings-first-seen", owedKey = "x-tidings-deliveries",
                           replayKey = "x-tidings-replay", recheckKey = "x-tidings-recheck",
                           reasonKey = "x-tidings-reason", errorKey = "x-tidings-error",
                           channelKey = "x-tidings-channel", providerKey = "x-tidings-provider",
                           deadAtKey = "x-tidings-dead-at", queueKey = "x-tidings-queue",
                           bodySizeKey = "x-tidings-body-size",
                           topicAfterKey = "x-tidings-topic-after", restKey = "x-tidings-rest";

// A frame holds 128 KiB; what is left is for the other properties.
constexpr size_t mostBytes = 96 << 10;
constexpr size_t mostOwedBytes = 32 << 10;
constexpr size_t mostNameBytes = 128;
constexpr size_t mostErrorBytes = 512;
constexpr int mostAttempts = 1'000'000;
// Years 1970 to 9999: outside of it a time can't be written as RFC 3339.
constexpr int64_t mostMillis = 253'402'300'799'999;

bool endsTheBrokersStory(std::string_view key) {
  return key == "x-death" || key.starts_with("x-first-death-") ||
         key.starts_with("x-last-death-") || key == "x-delivery-count" || key == "x-acquired-count";
}

std::string text(const amqp::Table& table, std::string_view key, size_t most) {
  const std::string* found = amqp::findText(table, key);
  return found == nullptr ? std::string() : cleanText(*found, most);
}

std::optional<WallTime> rfc3339(const amqp::Table& table, std::string_view key) {
  const std::string* found = amqp::findText(table, key);
  return found == nullptr ? std::nullopt : parseRfc3339(*found);
}

// Any recipient that PostgreSQL can hold may be the last of a chunk, whatever else is in its name;
// what it can't hold was written by somebody else.
std::string readTopicAfter(const amqp::Table& table) {
  const std::string* after = amqp::findText(table, topicAfterKey);
  if (after == nullptr || after->size() > mostNameBytes) return {};
  if (after->find('\0') != std::string::npos || findInvalidUtf8(*after)) return {};
  return *after;
}

bool flag(const amqp::Table& table, std::string_view key) {
  const amqp::Value* value = amqp::find(table, key);
  const bool* set = value == nullptr ? nullptr : std::get_if<bool>(&value->any);
  return set != nullptr && *set;
}

// "channel:address"; an address may contain colons, a channel does not.
std::optional<notification::Target> parseTarget(const amqp::Value& value) {
  const auto* joined = std::get_if<std::string>(&value.any);
  if (joined == nullptr) return std::nullopt;
  const size_t colon = joined->find(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  return notification::Target{joined->substr(0, colon), joined->substr(colon + 1)};
}

// One that can't be understood makes the list worthless: better all targets again (what was sent
// is known in the database) than one forgotten.
std::vector<notification::Target> readOwed(const amqp::Table& table) {
  const amqp::Value* value = amqp::find(table, owedKey);
  const auto* array = value == nullptr ? nullptr : std::get_if<amqp::Array>(&value->any);
  if (array == nullptr) return {};
  std::vector<notification::Target> owed;
  for (const amqp::Value& item : *array) {
    auto target = parseTarget(item);
    if (!target) return {};
    owed.push_back(std::move(*target));
  }
  return owed;
}

std::optional<DeathNote> readDeath(const amqp::Table& table) {
  DeathNote note;
  note.reason = text(table, reasonKey, mostNameBytes);
  if (note.reason.empty()) return std::nullopt;
  note.error = text(table, errorKey, mostErrorBytes);
  note.channel = text(table, channelKey, mostNameBytes);
  note.provider = text(table, providerKey, mostNameBytes);
  note.at = rfc3339(table, deadAtKey);
  note.queue = text(table, queueKey, 255);
  return note;
}

void put(amqp::Table& table, std::string_view key, amqp::Value value) {
  table.emplace_back(std::string(key), std::move(value));
}
void putText(amqp::Table& table, std::string_view key, std::string_view value, size_t most) {
  if (!value.empty()) put(table, key, cleanText(value, most));
}

void putOwed(amqp::Table& table, const std::vector<notification::Target>& owed) {
  amqp::Array items;
  size_t bytes = 0;
  for (const auto& target : owed) {
    std::string joined = target.channel + ":" + target.address;
    bytes += joined.size() + 5;
    items.emplace_back(std::move(joined));
  }
  // Absent means all, which is safe: a delivery already made is known in the database.
  if (!items.empty() && bytes <= mostOwedBytes) put(table, owedKey, std::move(items));
}

void putDeath(amqp::Table& table, const DeathNote& note) {
  putText(table, reasonKey, note.reason, mostNameBytes);
  putText(table, errorKey, note.error, mostErrorBytes);
  putText(table, channelKey, note.channel, mostNameBytes);
  putText(table, providerKey, note.provider, mostNameBytes);
  putText(table, queueKey, note.queue, 255);
  if (note.at) put(table, deadAtKey, formatRfc3339(*note.at));
}

amqp::Table oursOf(const JobHeaders& headers) {
  amqp::Table table;
  put(table, attemptKey, int64_t{headers.attempt});
  if (headers.notBefore) put(table, notBeforeKey, headers.notBefore->time_since_epoch().count());
  if (headers.rest) put(table, restKey, int64_t{headers.rest->count()});
  if (headers.firstSeen) put(table, firstSeenKey, formatRfc3339(*headers.firstSeen));
  putOwed(table, headers.owed);
  if (headers.replay) put(table, replayKey, true);
  if (headers.recheck) put(table, recheckKey, true);
  if (!headers.topicAfter.empty()) put(table, topicAfterKey, headers.topicAfter);
  if (headers.death) putDeath(table, *headers.death);
  if (headers.trueBodySize) put(table, bodySizeKey, *headers.trueBodySize);
  return table;
}

}  // namespace

JobHeaders readHeaders(const amqp::Table& table) {
  JobHeaders headers;
  if (const int64_t* attempt = amqp::findInt(table, attemptKey)) {
    headers.attempt = static_cast<int>(std::clamp<int64_t>(*attempt, 0, mostAttempts));
  }
  if (const int64_t* millis = amqp::findInt(table, notBeforeKey);
      millis != nullptr && *millis >= 0 && *millis <= mostMillis) {
    headers.notBefore = WallTime{Millis{*millis}};
  }
  if (const int64_t* millis = amqp::findInt(table, restKey);
      millis != nullptr && *millis >= 0 && *millis <= mostMillis) {
    headers.rest = Millis{*millis};
  }
  headers.firstSeen = rfc3339(table, firstSeenKey);
  headers.owed = readOwed(table);
  headers.replay = flag(table, replayKey);
  headers.recheck = flag(table, recheckKey);
  headers.topicAfter = readTopicAfter(table);
  headers.death = readDeath(table);
  if (const int64_t* size = amqp::findInt(table, bodySizeKey); size != nullptr && *size >= 0) {
    headers.trueBodySize = *size;
  }
  return headers;
}

amqp::Table writeHeaders(const JobHeaders& headers, const amqp::Table& original) {
  amqp::Table table = oursOf(headers);
  std::string encoded;
  amqp::encodeTable(encoded, table);
  for (const auto& [key, value] : original) {
    if (key.starts_with(ours) || endsTheBrokersStory(key)) continue;
    const size_t before = encoded.size();
    amqp::encodeTable(encoded, amqp::Table{{key, value}});
    if (encoded.size() > mostBytes) {
      encoded.resize(before);
      continue;
    }
    table.emplace_back(key, value);
  }
  return table;
}

void dropForeignHeaders(amqp::Table& table) {
  std::erase_if(table, [](const auto& header) { return !header.first.starts_with(ours); });
}

int deliveryCount(const amqp::Table& table) {
  const int64_t* count = amqp::findInt(table, "x-delivery-count");
  constexpr int64_t most = std::numeric_limits<int>::max();
  return count == nullptr ? 0 : static_cast<int>(std::clamp<int64_t>(*count, 0, most));
}

}  // namespace tidings::queue
