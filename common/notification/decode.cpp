#include <algorithm>

#include "base/rfc3339.h"
#include "base/utf8.h"
#include "notification/json_text.h"
#include "notification/notification.h"

namespace tidings::notification {
namespace {

using nlohmann::json;

constexpr size_t maxNameBytes = 64;
constexpr size_t maxIdBytes = 128;
// A child carries its own recipient instead of the topic and must fit as well.
constexpr size_t topicReserve = 512;

std::string describe(const json& value) {
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > 40) return "a string of " + std::to_string(text.size()) + " bytes";
  return '"' + cleanText(text, 40) + '"';
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

// Reads the fields one after the other and stops at the first that breaks a rule.
class Decoder {
 public:
  Decoder(const json& body, size_t bytes, const DecodeHints& hints)
      : body_(body), bytes_(bytes), hints_(hints) {}

  bool run() {
    return readId() && readType() && readRecipients() && text("title", out.title) &&
           text("message", out.message) && readData() && text("actionUrl", out.actionUrl) &&
           key("template", maxNameBytes, out.templateName) && readLocale() && readChannels() &&
           readPriority() && key("collapseKey", 64, out.collapseKey) &&
           key("digestKey", 128, out.digestKey) && time("sendAt", out.sendAt) &&
           time("expiresAt", out.expiresAt) && readCreatedAt();
  }

  Notification out;
  std::string error;

 private:
  // nullptr when absent or null.
  const json* find(const char* field) const {
    const auto it = body_.find(field);
    return it == body_.end() || it->is_null() ? nullptr : &*it;
  }

  bool fail(std::string_view pointer, const std::string& found, std::string_view expected) {
    error = std::string(pointer) + ": found " + found + ", expected " + std::string(expected);
    return false;
  }
  bool refuse(const char* field, const json& value, std::string_view expected) {
    return fail(std::string("/") + field, describe(value), expected);
  }

  bool text(const char* field, std::optional<std::string>& to) {
    const json* value = find(field);
    if (!value) return true;
    if (!value->is_string()) return refuse(field, *value, "a string");
    to = value->get_ref<const std::string&>();
    return true;
  }

  // An empty key is no key.
  bool key(const char* field, size_t limit, std::optional<std::string>& to) {
    if (!text(field, to) || !to) return error.empty();
    if (to->empty()) to.reset();
    if (!to || isIdentifier(*to, limit)) return true;
    return refuse(field, *find(field), identifierRule(limit));
  }

  bool time(const char* field, std::optional<WallTime>& to) {
    const json* value = find(field);
    if (!value) return true;
    if (value->is_string()) to = parseRfc3339(value->get_ref<const std::string&>());
    return to || refuse(field, *value, "an RFC 3339 time such as \"2026-01-31T09:30:00Z\"");
  }

  bool readId() {
    const json* value = find("id");
    if (!value && hints_.messageId && !hints_.messageId->empty()) {
      out.id = *hints_.messageId;
      if (isIdentifier(out.id, maxIdBytes) && !findInvalidUtf8(out.id)) return true;
      return fail("the property message_id", describe(cleanText(out.id, 200)),
                  identifierRule(maxIdBytes));
    }
    if (!value) return fail("/id", "nothing", identifierRule(maxIdBytes));
    if (value->is_string()) out.id = value->get_ref<const std::string&>();
    return isIdentifier(out.id, maxIdBytes) || refuse("id", *value, identifierRule(maxIdBytes));
  }

  bool readType() {
    const json* value = find("type");
    if (!value) return fail("/type", "nothing", "a type's name");
    if (value->is_string()) out.type = value->get_ref<const std::string&>();
    if (!isName(out.type)) {
      return refuse("type", *value, "1 to 64 of the characters a-z, 0-9, _ and -");
    }
    if (hints_.queueType.empty() || out.type == hints_.queueType) return true;
    return refuse("type", *value, '"' + std::string(hints_.queueType) + "\", the queue's own type");
  }

  bool readRecipients() {
    const json* one = find("recipient");
    const json* many = find("recipients");
    const json* topic = find("topic");
    const int given = (one ? 1 : 0) + (many ? 1 : 0) + (topic ? 1 : 0);
    if (given != 1) {
      return fail("/recipient", given == 0 ? "nothing" : std::to_string(given) + " of them",
                  "exactly one of recipient, recipients and topic");
    }
    if (one) return readOne(*one, out.recipient) || refuse("recipient", *one, recipientRule());
    return many ? readMany(*many) : readTopic(*topic);
  }

  static std::string recipientRule() { return identifierRule(maxIdBytes) + ", or an integer"; }

  static bool readOne(const json& value, std::string& to) {
    if (value.is_number_integer()) {
      to = value.dump();
    } else if (value.is_string()) {
      to = value.get_ref<const std::string&>();
    }
    return isIdentifier(to, maxIdBytes);
  }

  bool readMany(const json& value) {
    const std::string rule = "an array of 1 to " + std::to_string(maxRecipients) + " recipients";
    if (!value.is_array()) return refuse("recipients", value, rule);
    if (value.empty() || value.size() > maxRecipients) {
      return fail("/recipients", std::to_string(value.size()) + " of them", rule);
    }
    out.recipients.resize(value.size());
    for (size_t i = 0; i < value.size(); ++i) {
      if (!readOne(value[i], out.recipients[i])) {
        return fail("/recipients/" + std::to_string(i), describe(value[i]), recipientRule());
      }
    }
    return true;
  }

  bool readTopic(const json& value) {
    if (value.is_string()) out.topic = value.get_ref<const std::string&>();
    if (!isIdentifier(out.topic, maxIdBytes)) {
      return refuse("topic", value, identifierRule(maxIdBytes));
    }
    constexpr size_t limit = maxBodyBytes - topicReserve;
    return bytes_ <= limit || fail("the body", std::to_string(bytes_) + " bytes",
                                   "at most " + std::to_string(limit) + " with a topic");
  }

  bool readData() {
    const json* value = find("data");
    return !value || value->is_object() || refuse("data", *value, "an object");
  }

  bool readLocale() {
    if (!text("locale", out.locale) || !out.locale) return error.empty();
    if (out.locale->empty()) {
      out.locale.reset();
      return true;
    }
    std::replace(out.locale->begin(), out.locale->end(), '_', '-');  // POSIX habit: ko_KR
    return isLocale(*out.locale) ||
           refuse("locale", *find("locale"), "a BCP 47 tag such as \"ko-KR\"");
  }

  bool readChannels() {
    const json* value = find("channels");
    if (!value) return true;
    if (!value->is_array() || value->empty() || value->size() > 16) {
      return fail("/channels",
                  value->is_array() && value->empty() ? "an empty array" : describe(*value),
                  "an array of 1 to 16 channel names");
    }
    for (const json& channel : *value) {
      if (!channel.is_string() || !isName(channel.get_ref<const std::string&>())) {
        return fail("/channels/" + std::to_string(out.channels.size()), describe(channel),
                    "a channel's name such as \"email\"");
      }
      out.channels.push_back(channel.get_ref<const std::string&>());
    }
    return true;
  }

  bool readPriority() {
    const json* value = find("priority");
    if (!value) {
      if (hints_.priority && *hints_.priority >= 0 && *hints_.priority <= 9) {
        out.priority = *hints_.priority;
      }
      return true;
    }
    // An integer too large for 64 bits is parsed as a float, so no cast can wrap around.
    const bool fits = value->is_number_integer() && *value >= 0 && *value <= 9;
    if (!fits) return refuse("priority", *value, "an integer from 0 to 9");
    out.priority = value->get<int>();
    return true;
  }

  bool readCreatedAt() {
    if (!time("createdAt", out.createdAt)) return false;
    if (!out.createdAt) out.createdAt = hints_.timestamp;
    return true;
  }

  const json& body_;
  size_t bytes_;
  const DecodeHints& hints_;
};

}  // namespace

const json& Notification::data() const {
  static const json none = json::object();
  const auto it = body.find("data");
  return it == body.end() || !it->is_object() ? none : *it;
}

Result<Notification> decode(std::string_view bytes, const DecodeHints& hints) {
  auto parsed = parseJson(bytes);
  if (!parsed) return std::move(parsed).error();
  if (!parsed->is_object()) {
    return Error{ErrorKind::invalid,
                 "the body: found " + describe(*parsed) + ", expected a JSON object"};
  }
  Decoder decoder(*parsed, bytes.size(), hints);
  if (!decoder.run()) return Error{ErrorKind::invalid, std::move(decoder.error)};
  Notification out = std::move(decoder.out);
  out.body = *std::move(parsed);
  return out;
}

}  // namespace tidings::notification
