// What an app asks for: one message of the queue `notifications.<type>`, checked field by field.
// Pure: no clock, no I/O, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "json/document.h"

namespace tidings::notification {

inline constexpr size_t maxBodyBytes = 256 * 1024;
inline constexpr int maxDepth = 32;
inline constexpr size_t maxRecipients = 1000;
inline constexpr int defaultPriority = 2;
inline constexpr int importantPriority = 3;  // and over: kept flowing under overload

struct Notification {
  std::string id;
  std::string type;
  // Exactly one of the three is set. Integer recipients are their decimal text.
  std::string recipient;
  std::vector<std::string> recipients;
  std::string topic;

  std::optional<std::string> title;
  std::optional<std::string> message;
  std::optional<std::string> templateName;
  std::optional<std::string> locale;
  std::optional<std::string> actionUrl;  // as sent: policy::safeActionUrl decides
  std::optional<std::string> collapseKey;
  std::optional<std::string> digestKey;
  std::vector<std::string> channels;  // empty: all of the type's
  int priority = defaultPriority;
  std::optional<WallTime> sendAt;
  std::optional<WallTime> expiresAt;
  std::optional<WallTime> createdAt;

  JsonDocument body;  // the whole object as parsed, unknown fields included
  JsonValue data;     // the template variables: an object of the body, or absent

  bool important() const { return priority >= importantPriority; }
  bool fansOut() const { return !recipients.empty() || !topic.empty(); }
};

// What is known beside the body: the queue, and the AMQP properties that stand in for absent
// fields.
struct DecodeHints {
  std::string_view queueType = {};  // the type the queue is for; empty: any
  std::optional<std::string_view> messageId = std::nullopt;  // stands in for `id`
  std::optional<int> priority = std::nullopt;  // stands in for `priority`; out of 0–9 is ignored
  std::optional<WallTime> timestamp = std::nullopt;  // stands in for `createdAt`
};

// Error{invalid}: "<JSON pointer>: found <what>, expected <what>". Whether the type is configured
// is for the caller. Of equal keys in one object the last wins. `null` counts as absent.
Result<Notification> decode(std::string_view bytes, const DecodeHints& hints);

}  // namespace tidings::notification
