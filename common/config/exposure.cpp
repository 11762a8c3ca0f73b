#include "config/exposure.h"

#include <nlohmann/json.hpp>

#include "config/postgres_url.h"
#include "config/units.h"

namespace tidings::config {
namespace {

bool inTheClear(const std::string& url) {
  const auto parsed = parseUrl(url);
  return parsed && parsed->scheme == "http" && !isLoopback(parsed->host);
}

// The key file says where access tokens come from.
std::string tokenUri(const FcmConfig& fcm) {
  const auto account = nlohmann::json::parse(fcm.serviceAccount.reveal(), nullptr, false);
  return account.is_object() ? account.value("token_uri", "") : "";
}

bool inTheClear(const FcmConfig& fcm) {
  return inTheClear(fcm.baseUrl) || inTheClear(tokenUri(fcm));
}
bool inTheClear(const TwilioConfig& twilio) { return inTheClear(twilio.baseUrl); }
bool inTheClear(const SmtpConfig& smtp) {
  return smtp.tls == SmtpTls::none && !isLoopback(smtp.host);
}

}  // namespace

std::vector<std::string> exposures(const Config& config) {
  std::vector<std::string> all;
  for (const std::string& text : config.amqp.urls) {
    const auto url = parseUrl(text);
    if (!url || url->scheme == "amqps" || isLoopback(url->host)) continue;
    all.push_back("amqp.urls: password and messages cross the network to " + url->host +
                  " in the clear: use amqps://");
  }
  const auto database = parsePostgresUrl(config.postgres.url);
  if (database && !database->local && !database->verified) {
    const std::string which =
        database->named ? "the server" : "the server, which PGHOST or a service names,";
    all.push_back("postgres.url: without sslmode=verify-full anybody on the way to " + which +
                  " can read along or answer in its place");
  }
  for (const auto& [name, provider] : config.providers) {
    if (!std::visit([](const auto& settings) { return inTheClear(settings); }, provider.settings)) {
      continue;
    }
    all.push_back("providers." + name +
                  ".allow_plaintext: credentials and messages cross the network in the clear");
  }
  return all;
}

}  // namespace tidings::config
