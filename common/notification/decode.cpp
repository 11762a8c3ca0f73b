#include <algorithm>

#include "base/rfc3339.h"
#include "base/utf8.h"
#include "json/write.h"
#include "notification/fields.h"
#include "notification/json_text.h"
#include "notification/notification.h"

namespace tidings::notification {
namespace {

constexpr size_t maxNameBytes = 64;
constexpr size_t maxIdBytes = 128;
// A child carries its own recipient instead of the topic and must fit as well.
constexpr size_t topicReserve = 512;

std::string asJson(JsonValue value) {
  std::string out;
  appendJson(out, value);
  return out;
}

std::string describe(std::string_view text) {
  if (text.size() > 40) return "a string of " + std::to_string(text.size()) + " bytes";
  return '"' + cleanText(text, 40) + '"';
}

std::string describe(JsonValue value) {
  if (value.isArray()) return "an array";
  if (value.isObject()) return "an object";
  return value.isString() ? describe(value.text()) : asJson(value);
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Shorter than 1 byte, longer than `limit`, or unfit to be stored and logged.
bool isIdentifier(std::string_view text, size_t limit) {
  return !text.empty() && text.size() <= limit && std::none_of(text.begin(), text.end(), isControl);
}

bool isName(std::string_view text) {
  return !text.empty() && text.size() <= maxNameBytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

bool isAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The shape of RFC 5646: subtags of 1 to 8 letters or digits. Meaning is the templates' business.
bool isLocale(std::string_view text) {
  size_t run = 0;
  for (const char c : text) {
    if (c == '-' ? run == 0 : !isAlnum(c)) return false;
    run = c == '-' ? 0 : run + 1;
    if (run > 8) return false;
  }
  return run > 0 && text.size() <= maxNameBytes;
}

std::string identifierRule(size_t limit) {
  return "a string of 1 to " + std::to_string(limit) + " bytes without control characters";
}

// Checks the fields one after the other and stops at the first that breaks a rule.
class Decoder {
 public:
  Decoder(JsonValue body, size_t bytes, const DecodeHints& hints)
      : in_(readFields(body)), bytes_(bytes), hints_(hints) {}

  bool run() {
    return readId() && readType() && readRecipients() && text("title", in_.title, out.title) &&
           text("message", in_.message, out.message) && readData() &&
           text("actionUrl", in_.actionUrl, out.actionUrl) &&
           key("template", in_.templateName, maxNameBytes, out.templateName) && readLocale() &&
           readChannels() && readPriority() &&
           key("collapseKey", in_.collapseKey, 64, out.collapseKey) &&
           key("digestKey", in_.digestKey, 128, out.digestKey) &&
           time("sendAt", in_.sendAt, out.sendAt) &&
           time("expiresAt", in_.expiresAt, out.expiresAt) && readCreatedAt();
  }

  Notification out;
  std::string error;

 private:
  bool fail(std::string_view pointer, const std::string& found, std::string_view expected) {
    error = std::string(pointer) + ": found " + found + ", expected " + std::string(expected);
    return false;
  }
  bool refuse(const char* field, JsonValue value, std::string_view expected) {
    return fail(std::string("/") + field, describe(value), expected);
  }

  bool text(const char* field, JsonValue value, std::optional<std::string>& to) {
    if (!value) return true;
    if (!value.isString()) return refuse(field, value, "a string");
    to = value.text();
    return true;
  }

  // An empty key is no key.
  bool key(const char* field, JsonValue value, size_t limit, std::optional<std::string>& to) {
    if (!text(field, value, to) || !to) return error.empty();
    if (to->empty()) to.reset();
    if (!to || isIdentifier(*to, limit)) return true;
    return refuse(field, value, identifierRule(limit));
  }

  bool time(const char* field, JsonValue value, std::optional<WallTime>& to) {
    if (!value) return true;
    if (value.isString()) to = parseRfc3339(value.text());
    return to || refuse(field, value, "an RFC 3339 time such as \"2026-01-31T09:30:00Z\"");
  }

  bool readId() {
    if (!in_.id && hints_.messageId && !hints_.messageId->empty()) {
      out.id = *hints_.messageId;
      if (isIdentifier(out.id, maxIdBytes) && !findInvalidUtf8(out.id)) return true;
      return fail("the property message_id", describe(cleanText(out.id, 200)),
                  identifierRule(maxIdBytes));
    }
    if (!in_.id) return fail("/id", "nothing", identifierRule(maxIdBytes));
    if (in_.id.isString()) out.id = in_.id.text();
    return isIdentifier(out.id, maxIdBytes) || refuse("id", in_.id, identifierRule(maxIdBytes));
  }

  bool readType() {
    if (!in_.type) return fail("/type", "nothing", "a type's name");
    if (in_.type.isString()) out.type = in_.type.text();
    if (!isName(out.type)) {
      return refuse("type", in_.type, "1 to 64 of the characters a-z, 0-9, _ and -");
    }
    if (hints_.queueType.empty() || out.type == hints_.queueType) return true;
    return refuse("type", in_.type,
                  '"' + std::string(hints_.queueType) + "\", the queue's own type");
  }

  bool readRecipients() {
    const int given = (in_.recipient ? 1 : 0) + (in_.recipients ? 1 : 0) + (in_.topic ? 1 : 0);
    if (given != 1) {
      return fail("/recipient", given == 0 ? "nothing" : std::to_string(given) + " of them",
                  "exactly one of recipient, recipients and topic");
    }
    if (in_.recipients) return readMany(in_.recipients);
    if (in_.topic) return readTopic(in_.topic);
    return readOne(in_.recipient, out.recipient) ||
           refuse("recipient", in_.recipient, recipientRule());
  }

  static std::string recipientRule() { return identifierRule(maxIdBytes) + ", or an integer"; }

  static bool readOne(JsonValue value, std::string& to) {
    if (value.isInteger()) appendJsonNumber(to, value);
    if (value.isString()) to = value.text();
    return isIdentifier(to, maxIdBytes);
  }

  bool readMany(JsonValue value) {
    const std::string rule = "an array of 1 to " + std::to_string(maxRecipients) + " recipients";
    if (!value.isArray()) return refuse("recipients", value, rule);
    if (value.size() == 0 || value.size() > maxRecipients) {
      return fail("/recipients", std::to_string(value.size()) + " of them", rule);
    }
    out.recipients.reserve(value.size());
    for (const JsonValue one : value.items()) {
      if (readOne(one, out.recipients.emplace_back())) continue;
      return fail("/recipients/" + std::to_string(out.recipients.size() - 1), describe(one),
                  recipientRule());
    }
    return true;
  }

  bool readTopic(JsonValue value) {
    if (value.isString()) out.topic = value.text();
    if (!isIdentifier(out.topic, maxIdBytes)) {
      return refuse("topic", value, identifierRule(maxIdBytes));
    }
    constexpr size_t limit = maxBodyBytes - topicReserve;
    return bytes_ <= limit || fail("the body", std::to_string(bytes_) + " bytes",
                                   "at most " + std::to_string(limit) + " with a topic");
  }

  bool readData() {
    out.data = in_.data;
    return !in_.data || in_.data.isObject() || refuse("data", in_.data, "an object");
  }

  bool readLocale() {
    if (!text("locale", in_.locale, out.locale) || !out.locale) return error.empty();
    if (out.locale->empty()) {
      out.locale.reset();
      return true;
    }
    std::replace(out.locale->begin(), out.locale->end(), '_', '-');  // POSIX habit: ko_KR
    return isLocale(*out.locale) || refuse("locale", in_.locale, "a BCP 47 tag such as \"ko-KR\"");
  }

  bool readChannels() {
    const JsonValue value = in_.channels;
    if (!value) return true;
    if (!value.isArray() || value.size() == 0 || value.size() > 16) {
      const bool empty = value.isArray() && value.size() == 0;
      return fail("/channels", empty ? "an empty array" : describe(value),
                  "an array of 1 to 16 channel names");
    }
    for (const JsonValue channel : value.items()) {
      if (!channel.isString() || !isName(channel.text())) {
        return fail("/channels/" + std::to_string(out.channels.size()), describe(channel),
                    "a channel's name such as \"email\"");
      }
      out.channels.emplace_back(channel.text());
    }
    return true;
  }

  bool readPriority() {
    if (!in_.priority) {
      if (hints_.priority && *hints_.priority >= 0 && *hints_.priority <= 9) {
        out.priority = *hints_.priority;
      }
      return true;
    }
    const bool fits =
        in_.priority.kind() == JsonKind::unsignedInteger && in_.priority.unsignedInteger() <= 9;
    if (!fits) return refuse("priority", in_.priority, "an integer from 0 to 9");
    out.priority = static_cast<int>(in_.priority.unsignedInteger());
    return true;
  }

  bool readCreatedAt() {
    if (!time("createdAt", in_.createdAt, out.createdAt)) return false;
    if (!out.createdAt) out.createdAt = hints_.timestamp;
    return true;
  }

  const Fields in_;
  size_t bytes_;
  const DecodeHints& hints_;
};

}  // namespace

Result<Notification> decode(std::string_view bytes, const DecodeHints& hints) {
  auto parsed = parseMessage(bytes);
  if (!parsed) return std::move(parsed).error();
  const JsonValue body = parsed->root();
  if (!body.isObject()) {
    return Error{ErrorKind::invalid,
                 "the body: found " + describe(body) + ", expected a JSON object"};
  }
  Decoder decoder(body, bytes.size(), hints);
  if (!decoder.run()) return Error{ErrorKind::invalid, std::move(decoder.error)};
  decoder.out.body = *std::move(parsed);
  return std::move(decoder.out);
}

}  // namespace tidings::notification
