#include "providers/twilio_request.h"

#include <algorithm>

#include "providers/encode.h"

namespace tidings::providers {
namespace {

// Twilio's own queue time; values under 6 s make messages expire in it.
constexpr std::chrono::seconds shortestValidity{6}, longestValidity{36'000};

void append(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += '&';
  out += name;
  out += '=';
  appendPercent(out, value);
}

// What a callback is matched with; before a fragment, which holds Twilio's own options.
std::string callbackUrl(const OutboundMessage& message, const std::string& configured) {
  const size_t end = std::min(configured.find('#'), configured.size());
  std::string url = configured.substr(0, end);
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += "id=";
  appendPercent(url, message.notificationId);
  url += "&d=";
  appendPercent(url, message.deliveryId);
  return url.append(configured, end);
}

}  // namespace

std::string buildTwilio(const OutboundMessage& message, const config::TwilioConfig& config) {
  std::string out;
  out.reserve(128 + message.text.size() * 2);
  append(out, "To", message.address);
  if (!config.messagingServiceSid.empty()) {
    append(out, "MessagingServiceSid", config.messagingServiceSid);
  } else {
    append(out, "From", config.from);
  }
  append(out, "Body", message.text);
  if (!config.statusCallback.empty()) {
    append(out, "StatusCallback", callbackUrl(message, config.statusCallback));
  }
  if (message.timeToLive && *message.timeToLive < longestValidity) {
    const auto validity =
        std::max(std::chrono::floor<std::chrono::seconds>(*message.timeToLive), shortestValidity);
    append(out, "ValidityPeriod", std::to_string(validity.count()));
  }
  return out;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace tidings::providers
