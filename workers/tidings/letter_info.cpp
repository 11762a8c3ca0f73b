#include "letter_info.h"

#include <algorithm>

#include "notification/json_text.h"

namespace tidings::cli {
namespace {

using nlohmann::json;

std::string asText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_integer() ? value.dump() : std::string();
}

// The newest record that the broker itself made when it dead-lettered the message.
const amqp::Table* brokersRecord(const amqp::Table& headers) {
  const amqp::Value* deaths = amqp::find(headers, "x-death");
  const auto* list = deaths == nullptr ? nullptr : std::get_if<amqp::Array>(&deaths->any);
  return list == nullptr || list->empty() ? nullptr : std::get_if<amqp::Table>(&list->front().any);
}

void readBrokersRecord(const amqp::Table& headers, LetterInfo& info) {
  const amqp::Table* record = brokersRecord(headers);
  if (record == nullptr) return;
  if (const auto* reason = amqp::findText(*record, "reason")) info.reason = *reason;
  const amqp::Value* time = amqp::find(*record, "time");
  const auto* stamp = time == nullptr ? nullptr : std::get_if<amqp::Timestamp>(&time->any);
  // An app may forge the record: a time beyond the year 9999 fits neither our clock nor a text.
  constexpr uint64_t yearTenThousand = 253'402'300'800;
  if (stamp != nullptr && stamp->seconds < yearTenThousand) {
    info.deadAt = WallTime{std::chrono::seconds{stamp->seconds}};
  }
}

void readBody(const std::string& body, LetterInfo& info) {
  const auto parsed = notification::parseJson(body);
  if (!parsed.ok() || !parsed->is_object()) return;
  const auto text = [&parsed](const char* key) {
    const auto found = parsed->find(key);
    return found == parsed->end() ? std::string() : asText(*found);
  };
  if (auto id = text("id"); !id.empty()) info.id = std::move(id);
  if (auto one = text("recipient"); !one.empty()) info.recipients.push_back(std::move(one));
  info.topic = text("topic");
  const auto many = parsed->find("recipients");
  if (many == parsed->end() || !many->is_array()) return;
  for (const json& one : *many) info.recipients.push_back(asText(one));
}

bool allows(const LetterFilter::Names& names, const std::string& value) {
  return names.empty() || names.contains(value);
}

}  // namespace

LetterInfo describe(const std::string& type, const queue::DeadLetter& letter) {
  LetterInfo info;
  info.type = type;
  info.id = letter.properties.messageId;
  readBody(letter.body, info);
  if (const auto& death = letter.headers.death) {
    info.reason = death->reason;
    info.channel = death->channel;
    info.provider = death->provider;
    info.error = death->error;
    info.deadAt = death->at;
  } else {
    readBrokersRecord(letter.properties.headers, info);
  }
  info.lostBytes = letter.headers.trueBodySize;
  return info;
}

bool LetterFilter::matches(const LetterInfo& letter) const {
  if (!allows(types, letter.type) || !allows(reasons, letter.reason) ||
      !allows(channels, letter.channel) || !allows(providers, letter.provider) ||
      !allows(ids, letter.id)) {
    return false;
  }
  if ((since && (!letter.deadAt || *letter.deadAt < *since)) ||
      (until && (!letter.deadAt || *letter.deadAt >= *until))) {
    return false;
  }
  return recipients.empty() ||
         std::any_of(letter.recipients.begin(), letter.recipients.end(),
                     [this](const auto& one) { return recipients.contains(one); });
}

}  // namespace tidings::cli
