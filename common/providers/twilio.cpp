#include "providers/twilio.h"

#include "providers/encode.h"
#include "providers/twilio_answer.h"
#include "providers/twilio_request.h"

namespace tidings::providers {
namespace {

Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }

std::string messagesUrl(const config::TwilioConfig& config) {
  std::string base = config.baseUrl;
  while (base.ends_with('/')) base.pop_back();
  return base + "/2010-04-01/Accounts/" + percent(config.accountSid) + "/Messages.json";
}

// An API key, or the account itself.
std::string credentials(const config::TwilioConfig& config) {
  if (!config.apiKeySid.empty()) return config.apiKeySid + ":" + config.apiKeySecret.reveal();
  return config.accountSid + ":" + config.authToken.reveal();
}

}  // namespace

Twilio::Twilio(const config::ProviderConfig& config, std::unique_ptr<http::Origin> origin,
               Loop& loop)
    : name_(config.name),
      timeout_(config.timeout),
      config_(std::get<config::TwilioConfig>(config.settings)),
      url_(messagesUrl(config_)),
      origin_(std::move(origin)),
      authorization_("Basic " + base64(credentials(config_))),
      loop_(loop) {
  redactor_.add(config_.authToken.reveal());
  redactor_.add(config_.apiKeySecret.reveal());
  redactor_.add(base64(credentials(config_)));
}

// The ids are for those who look into the traffic; Twilio passes over them.
std::shared_ptr<const http::Headers> Twilio::headersFor(const OutboundMessage& message) const {
  const std::string id = headerValue(message.notificationId);
  const std::string delivery = headerValue(message.deliveryId);
  return http::Headers::make({{"Authorization", authorization_},
                              {"Content-Type", "application/x-www-form-urlencoded"},
                              {"Accept", "application/json"},
                              {"X-Notification-Id", id},
                              {"X-Tidings-Delivery", delivery}});
}

Task<Outcome> Twilio::send(const OutboundMessage& message, Deadline deadline) {
  if (message.address.empty()) {
    co_return outcomeOf(OutcomeKind::permanent, "no_number", "the number is empty");
  }
  if (message.text.empty()) {
    co_return outcomeOf(OutcomeKind::permanent, "no_text", "the message has no text");
  }
  if (const size_t count = characters(message.text); count > kTwilioMaxCharacters) {
    co_return outcomeOf(OutcomeKind::tooLarge, "payload",
                        "the text has " + std::to_string(count) + " characters, Twilio takes " +
                            std::to_string(kTwilioMaxCharacters));
  }
  const std::string body = buildTwilio(message, config_);
  const http::Request request{http::Method::post, url_, headersFor(message), body,
                              message.important()};
  const Deadline end = deadline.earlier(Deadline::after(loop_.clock(), timeout_));
  const http::Response response = co_await origin_->send(request, end);
  Outcome outcome = classifyTwilio(response);
  guard_.judge(outcome);
  if (outcome.kind != OutcomeKind::sent) redactor_.clean(outcome);
  co_return outcome;
}

Result<std::unique_ptr<Provider>> makeTwilio(const config::ProviderConfig& config,
                                             http::Client& client, Loop& loop) {
  const auto& twilio = std::get<config::TwilioConfig>(config.settings);
  if (twilio.accountSid.empty()) return invalid("account_sid: expected the AC… of the account");
  if (twilio.apiKeySid.empty() ? twilio.authToken.empty() : twilio.apiKeySecret.empty()) {
    return invalid("auth_token: expected it, or api_key_sid and api_key_secret");
  }
  if (twilio.from.empty() == twilio.messagingServiceSid.empty()) {
    return invalid("from: expected it or messaging_service_sid, one of the two");
  }
  if (credentials(twilio).find_first_of("\r\n") != std::string::npos) {
    return invalid("auth_token: a line break in a credential");
  }
  http::Origin::Options options;
  options.baseUrl = twilio.baseUrl;
  options.cleartext = config.allowPlaintext;
  options.caFile = twilio.caFile;
  options.concurrency = static_cast<size_t>(config.concurrency);
  auto origin = client.origin(std::move(options));
  if (!origin.ok()) return origin.error();
  return std::unique_ptr<Provider>(std::make_unique<Twilio>(config, std::move(*origin), loop));
}

}  // namespace tidings::providers
