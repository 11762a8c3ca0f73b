// The members of a message's body that have a meaning, found in one pass. Private to this room.
#pragma once

#include "json/value.h"

namespace tidings::notification {

// Absent where the body has none, or null. They refer to the body's document.
struct Fields {
  JsonValue id, type, recipient, recipients, topic, title, message, data, actionUrl, templateName,
      locale, channels, priority, collapseKey, digestKey, sendAt, expiresAt, createdAt;
};

Fields readFields(JsonValue body);

}  // namespace tidings::notification
