#include "outgoing.h"

#include "known_names.h"
#include "notification/json_text.h"
#include "notification/notification.h"
#include "queue/topology.h"

namespace tidings::cli {
namespace {

// After the opening brace, so that every other byte stays.
Status addType(std::string& text, const std::string& type) {
  const auto parsed = notification::parseJson(text);
  if (!parsed.ok()) return parsed.error();
  if (!parsed->is_object()) return done;  // decode() says what is wrong
  const auto own = parsed->find("type");
  if (own != parsed->end()) return done;
  const std::string member = "\"type\":\"" + type + '"' + (parsed->empty() ? "" : ",");
  text.insert(text.find('{') + 1, member);
  return done;
}

std::string trimmed(std::string text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  text.erase(last == std::string::npos ? 0 : last + 1);
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  return text;
}

}  // namespace

Result<queue::Outgoing> toOutgoing(std::string text, const std::string& type,
                                   const config::Config& config, WallTime now) {
  text = trimmed(std::move(text));
  if (!type.empty()) {
    if (const Status added = addType(text, type); !added.ok()) return added.error();
  }
  notification::DecodeHints hints;
  hints.queueType = type;
  const auto notification = notification::decode(text, hints);
  if (!notification.ok()) return notification.error();
  if (config::findType(config, notification->type) == nullptr) {
    return unknownType("/type", notification->type, config);
  }
  queue::Outgoing message;
  message.routingKey = queue::typeQueue(notification->type);
  message.properties.contentType = "application/json";
  message.properties.messageId = notification->id;
  message.properties.appId = "tidings";
  message.properties.priority = static_cast<uint8_t>(notification->priority);
  message.properties.timestamp = static_cast<uint64_t>(
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  message.body = std::move(text);
  return message;
}

}  // namespace tidings::cli
