// Any text in every field of a message to FCM and Twilio: the request stays one JSON object or one
// form, to the address that was meant and to no other.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "json/document.h"
#include "providers/fcm_request.h"
#include "providers/twilio_request.h"

namespace {

using namespace tidings;

void require(bool promise) {
  if (!promise) std::abort();
}

void checkForm(std::string_view form) {
  size_t to = 0;
  for (size_t at = 0; at <= form.size();) {
    const size_t end = std::min(form.find('&', at), form.size());
    const std::string_view pair = form.substr(at, end - at);
    require(std::count(pair.begin(), pair.end(), '=') == 1);
    to += pair.starts_with("To=") ? 1 : 0;
    at = end + 1;
  }
  require(to == 1);
  require(std::all_of(form.begin(), form.end(), [](char c) { return c > 0x20 && c < 0x7F; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  const auto next = [&left] {
    const size_t end = std::min(left.find('\0'), left.size());
    std::string field(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    return field;
  };
  if (findInvalidUtf8(left)) return 0;  // decode() lets no other text through
  providers::OutboundMessage message;
  message.address = next();
  message.title = next();
  message.collapseKey = next();
  message.notificationId = next();
  message.actionUrl = next();
  message.body = message.text = next();
  const auto extra = JsonDocument::parse(left, 32);
  if (extra && extra->root().isObject()) message.data = extra->root();
  const auto sent = nlohmann::json::parse(providers::buildFcm(message, WallTime{}).json);
  require(sent.size() == 1 && sent.at("message").at("token") == message.address);
  const auto values = sent["message"].value("data", nlohmann::json::object());
  for (const auto& [key, value] : values.items()) {
    require(value.is_string() && !providers::isReservedFcmKey(key));
  }
  config::TwilioConfig config;
  config.from = "+15550100";
  checkForm(providers::buildTwilio(message, config));
  return 0;
}
