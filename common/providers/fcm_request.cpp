#include "providers/fcm_request.h"

#include <algorithm>

#include "base/hash.h"
#include "json/write.h"
#include "providers/encode.h"

namespace tidings::providers {
namespace {

constexpr std::chrono::seconds maxTtl{2'419'200};  // 4 weeks

void appendField(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  appendJson(out, name);
  out += ':';
  appendJson(out, value);
}

// A name of FCM's, which needs no escapes.
void appendOwn(std::string& out, std::string_view name, std::string_view value) {
  out += out.back() != '{' ? ",\"" : "\"";
  out += name;
  out += "\":";
  appendJson(out, value);
}

// A value of ours needs none either.
void appendConstant(std::string& out, std::string_view name, std::string_view value) {
  out += out.back() != '{' ? ",\"" : "\"";
  out.append(name).append("\":\"").append(value).append("\"");
}

std::string_view openObject(std::string& out, std::string_view name) {
  out += out.back() != '{' ? ",\"" : "\"";
  out += name;
  out += "\":{";
  return "}";
}

// The payload began at `start`.
void appendData(std::string& out, const OutboundMessage& message, size_t start) {
  for (const auto& [key, value] : message.data.members()) {
    if (value.isNull() || isReservedFcmKey(key)) continue;
    if (value.isString()) {
      appendField(out, key, value.text());
    } else {
      std::string text;
      tidings::appendJson(text, value);
      appendField(out, key, text);
    }
  }
  const auto appendUnlessGiven = [&](const char* key, const std::string& value) {
    if (value.empty() || message.data.find(key)) return false;
    appendOwn(out, key, value);
    return true;
  };
  appendUnlessGiven("actionUrl", message.actionUrl);
  appendUnlessGiven("type", message.type);
  // Nothing of the app's has to give way for these.
  for (const auto& [key, value] : {std::pair{"notificationId", &message.notificationId},
                                   std::pair{"deliveryId", &message.deliveryId}}) {
    const size_t before = out.size();
    if (appendUnlessGiven(key, *value) && out.size() + 1 - start > kFcmMaxPayload)
      out.resize(before);
  }
}

void appendAndroid(std::string& out, const OutboundMessage& message, bool important,
                   const std::string& ttl) {
  const auto close = openObject(out, "android");
  if (message.collapseKey) appendOwn(out, "collapseKey", *message.collapseKey);
  appendConstant(out, "priority", important ? "HIGH" : "NORMAL");
  if (!ttl.empty()) appendConstant(out, "ttl", ttl + "s");
  out += close;
}

void appendApns(std::string& out, const OutboundMessage& message, bool urgent,
                const std::string& expiration) {
  const auto close = openObject(out, "apns");
  const auto closeHeaders = openObject(out, "headers");
  appendConstant(out, "apns-priority", urgent ? "10" : "5");
  if (!expiration.empty()) appendConstant(out, "apns-expiration", expiration);
  if (message.collapseKey) appendOwn(out, "apns-collapse-id", *message.collapseKey);
  out += closeHeaders;
  out += close;
}

void appendWebPush(std::string& out, const OutboundMessage& message, bool important,
                   const std::string& ttl) {
  const auto close = openObject(out, "webpush");
  const auto closeHeaders = openObject(out, "headers");
  appendConstant(out, "Urgency", important ? "high" : "normal");
  if (!ttl.empty()) appendConstant(out, "TTL", ttl);
  if (message.collapseKey) appendOwn(out, "Topic", webPushTopic(*message.collapseKey));
  out += closeHeaders;
  if (message.actionUrl.starts_with("https://")) {  // FCM refuses other links
    const auto closeOptions = openObject(out, "fcmOptions");
    appendOwn(out, "link", message.actionUrl);
    out += closeOptions;
  }
  out += close;
}

}  // namespace

bool isReservedFcmKey(std::string_view key) {
  return key.empty() || key == "from" || key == "message_type" || key == "collapse_key" ||
         key.starts_with("google") || key.starts_with("gcm");
}

std::string webPushTopic(std::string_view collapseKey) {
  constexpr std::string_view alphabet =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (!collapseKey.empty() && collapseKey.size() <= 32 &&
      collapseKey.find_first_not_of(alphabet) == std::string_view::npos) {
    return std::string(collapseKey);
  }
  std::string topic = "h";
  for (uint64_t rest = fnv1a(collapseKey); rest != 0; rest /= alphabet.size()) {
    topic += alphabet[rest % alphabet.size()];
  }
  return topic;
}

FcmBody buildFcm(const OutboundMessage& message, WallTime now) {
  FcmBody body;
  std::string& out = body.json;
  out.reserve(1024);
  out += R"({"message":{)";
  appendOwn(out, "token", message.address);
  const bool visible = !message.title.empty() || !message.body.empty();
  const size_t before = out.size();
  if (visible) {
    const auto close = openObject(out, "notification");
    if (!message.title.empty()) appendOwn(out, "title", message.title);
    if (!message.body.empty()) appendOwn(out, "body", message.body);
    out += close;
  }
  const auto close = openObject(out, "data");
  appendData(out, message, before);
  out += close;
  body.payloadBytes = out.size() - before;
  const bool important = message.important();
  std::string ttl, expiration;
  if (message.timeToLive) {
    const auto seconds = std::clamp(std::chrono::floor<std::chrono::seconds>(*message.timeToLive),
                                    std::chrono::seconds{0}, maxTtl);
    ttl = std::to_string(seconds.count());
    expiration = std::to_string(
        std::chrono::floor<std::chrono::seconds>(now + seconds).time_since_epoch().count());
  }
  appendAndroid(out, message, important, ttl);
  appendApns(out, message, important && visible, expiration);  // silent ones must have 5
  appendWebPush(out, message, important, ttl);
  out += "}}";
  return body;
}

}  // namespace tidings::providers
