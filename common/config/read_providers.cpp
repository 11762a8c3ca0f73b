#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "config/interpolate.h"
#include "config/nearest.h"
#include "config/readers.h"
#include "config/units.h"

namespace tidings::config {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// What each kind of provider can carry.
const std::map<std::string, std::string, std::less<>> channelOfKind{
    {"fcm", "push"}, {"twilio", "sms"}, {"smtp", "email"}};

void checkServiceAccount(Section& in, std::string_view key, const std::string& text,
                         bool allowPlaintext) {
  const auto account = nlohmann::json::parse(text, nullptr, false);
  for (const char* field :
       {"project_id", "client_email", "private_key", "private_key_id", "token_uri"}) {
    if (!account.is_object() || !account.contains(field) || !account[field].is_string()) {
      in.refuse(key, std::string("no text \"") + field + "\" in it",
                "the JSON key file of a Google service account");
      return;
    }
  }
  checkHttpUrl(in, key, account["token_uri"].get<std::string>(), allowPlaintext);
}

FcmConfig readFcm(Section& in, bool allowPlaintext) {
  FcmConfig fcm;
  fcm.serviceAccountFile = in.absolute("service_account_file", "");
  fcm.serviceAccount = in.secret("service_account");
  fcm.baseUrl = in.text("base_url", fcm.baseUrl);
  fcm.caFile = in.file("ca_file");
  fcm.http2 = in.boolean("http2", fcm.http2);
  checkHttpUrl(in, "base_url", fcm.baseUrl, allowPlaintext);
  if (in.context().lenient || !in.faultless()) return fcm;
  if (fcm.serviceAccountFile.empty() == fcm.serviceAccount.empty()) {
    in.refuse("service_account_file", fcm.serviceAccount.empty() ? "nothing" : "both",
              "either service_account_file or service_account");
    return fcm;
  }
  std::string_view key = "service_account";
  if (fcm.serviceAccount.empty()) {
    key = "service_account_file";
    auto content = readSmallFile(fcm.serviceAccountFile, 64 * 1024);
    if (!content) {
      in.complain(in.line(key), key,
                  "can't read " + in.shown(key) + ": " + content.error().message);
      return fcm;
    }
    fcm.serviceAccount = Secret(*std::move(content));
  }
  checkServiceAccount(in, key, fcm.serviceAccount.reveal(), allowPlaintext);
  return fcm;
}

void checkTwilioLogin(Section& in, const TwilioConfig& twilio) {
  const bool token = !twilio.authToken.empty();
  const bool pair = !twilio.apiKeySid.empty() && !twilio.apiKeySecret.empty();
  const bool halfPair = twilio.apiKeySid.empty() != twilio.apiKeySecret.empty();
  if (halfPair) {
    in.refuse(in.has("api_key_sid") ? "api_key_sid" : "api_key_secret",
              "only one of api_key_sid and api_key_secret", "both");
  } else if (token == pair) {
    in.refuse("auth_token", token ? "both auth_token and an API key" : "nothing",
              "either auth_token, or api_key_sid and api_key_secret");
  }
  if (twilio.from.empty() == twilio.messagingServiceSid.empty()) {
    in.refuse("from", twilio.from.empty() ? "nothing" : "both from and messaging_service_sid",
              "either from or messaging_service_sid");
  }
}

TwilioConfig readTwilio(Section& in, bool allowPlaintext) {
  TwilioConfig twilio;
  twilio.accountSid = in.required("account_sid", "the account's id, AC…");
  twilio.authToken = in.secret("auth_token");
  twilio.apiKeySid = in.text("api_key_sid");
  twilio.apiKeySecret = in.secret("api_key_secret");
  twilio.from = in.text("from");
  twilio.messagingServiceSid = in.text("messaging_service_sid");
  twilio.baseUrl = in.text("base_url", twilio.baseUrl);
  twilio.caFile = in.file("ca_file");
  twilio.statusCallback = in.text("status_callback");
  if (in.faultless()) checkTwilioLogin(in, twilio);
  if (!twilio.accountSid.empty() && !twilio.accountSid.starts_with("AC")) {
    in.refuse("account_sid", "something else (not shown)", "an id that begins with AC");
  }
  checkHttpUrl(in, "base_url", twilio.baseUrl, allowPlaintext);
  if (!twilio.statusCallback.empty())
    checkHttpUrl(in, "status_callback", twilio.statusCallback, true);
  return twilio;
}

int defaultPort(SmtpTls tls) {
  if (tls == SmtpTls::starttls) return 587;
  return tls == SmtpTls::tls ? 465 : 25;
}

void checkSmtp(Section& in, const SmtpConfig& smtp, bool allowPlaintext) {
  const bool bareHost = !smtp.host.empty() && smtp.host.find_first_of("/@ ") == std::string::npos;
  if (!smtp.host.empty() && !bareHost) {
    in.refuse("host", in.shown("host"), "a host's name or address; the port has its own key");
  }
  if (smtp.tls == SmtpTls::none && bareHost && !isLoopback(smtp.host) && !allowPlaintext) {
    in.refuse("tls", "none with the host " + in.shown("host"),
              "starttls or tls: mail and password would cross the network in the clear "
              "(for a sandbox of your own, allow_plaintext: true)");
  }
  if (smtp.user.empty() != smtp.password.empty()) {
    in.refuse(in.has("user") ? "user" : "password", "only one of user and password",
              "both or neither");
  }
  for (const auto& [key, value] : {std::pair{"from", smtp.from}, {"reply_to", smtp.replyTo}}) {
    if (!value.empty() && value.find('@') == std::string::npos) {
      in.refuse(key, in.shown(key), "an address such as Example <hello@example.com>");
    }
  }
}

SmtpConfig readSmtp(Section& in, bool allowPlaintext) {
  SmtpConfig smtp;
  smtp.host = in.required("host", "a host's name");
  smtp.tls = in.choice<SmtpTls>(
      "tls", smtp.tls,
      {{"starttls", SmtpTls::starttls}, {"tls", SmtpTls::tls}, {"none", SmtpTls::none}});
  smtp.port = in.integer("port", defaultPort(smtp.tls), 1, 65535);
  smtp.user = in.text("user");
  smtp.password = in.secret("password");
  smtp.from = in.required("from", "an address such as Example <hello@example.com>");
  smtp.replyTo = in.text("reply_to");
  smtp.listUnsubscribe = in.text("list_unsubscribe");
  smtp.caFile = in.file("ca_file");
  smtp.ehloName = in.text("ehlo_name");
  if (in.faultless()) checkSmtp(in, smtp, allowPlaintext);
  return smtp;
}

// False if the kind is none we know.
bool readSettings(Section& in, ProviderConfig& provider) {
  const bool plaintext = provider.allowPlaintext;
  if (provider.kind == "fcm") {
    provider.settings = readFcm(in, plaintext);
  } else if (provider.kind == "twilio") {
    provider.settings = readTwilio(in, plaintext);
  } else if (provider.kind == "smtp") {
    provider.settings = readSmtp(in, plaintext);
  } else {
    return false;
  }
  return true;
}

// Providers that are switched off are remembered by their kind alone.
using Kinds = std::map<std::string, std::string, std::less<>>;

void readProvider(Section& in, const std::string& name, Config& config, Kinds& kinds) {
  if (!checkName(in, name)) return;
  ProviderConfig provider;
  provider.name = name;
  provider.kind = in.required("kind", "one of fcm, smtp, twilio");
  kinds[name] = provider.kind;
  const bool enabled = in.boolean("enabled", true);
  in.context().lenient = !enabled;
  provider.concurrency = in.integer("concurrency", provider.concurrency, 1, 10'000);
  provider.timeout = in.duration("timeout", provider.timeout, Millis{100}, minutes{5});
  provider.allowPlaintext = in.boolean("allow_plaintext", false);
  const bool known = readSettings(in, provider);
  in.context().lenient = false;
  if (!known) {
    if (provider.kind.empty()) return;
    return in.refuse(
        "kind", in.shown("kind"),
        "one of fcm, smtp, twilio" + suggestion(provider.kind, {"fcm", "smtp", "twilio"}));
  }
  in.finish();
  if (enabled) config.providers[name] = std::move(provider);
}

template <class T>
std::vector<std::string> namesOf(const std::map<std::string, T, std::less<>>& things) {
  std::vector<std::string> names;
  for (const auto& [name, thing] : things) names.push_back(name);
  return names;
}

// True if this provider can carry the channel, whether it is switched on or not.
bool checkProvider(Section& in, const Scalar& item, const std::string& channel,
                   const Kinds& kinds) {
  const auto kind = kinds.find(item.value);
  if (kind == kinds.end()) {
    in.complain(item.line, "providers",
                "found " + item.shown + ", expected the name of a provider" +
                    suggestion(item.value, namesOf(kinds)));
    return false;
  }
  const auto carried = channelOfKind.find(kind->second);
  if (carried == channelOfKind.end()) return false;  // refused where it is defined
  if (carried->second == channel) return true;
  in.refuse(item, "providers",
            "a provider for this channel; " + item.value + " is of the kind " + kind->second +
                ", which carries " + carried->second);
  return false;
}

void readChannel(Section& in, const std::string& name, Config& config, const Kinds& kinds) {
  const std::vector<std::string>& known = channelNames();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return in.complain(in.line(""), "", "unknown channel" + suggestion(name, known));
  }
  ChannelConfig channel{name, {}};
  const auto listed = in.list("providers");
  if (listed.empty()) in.refuse("providers", "none", "at least one provider");
  std::set<std::string> seen;
  for (const auto& item : listed) {
    if (!checkProvider(in, item, name, kinds)) continue;
    if (!seen.insert(item.value).second) in.refuse(item, "providers", "each provider once");
    if (config.providers.contains(item.value)) channel.providers.push_back(item.value);
  }
  in.finish();
  if (!channel.providers.empty()) {
    config.channels[name] = std::move(channel);
  } else {
    config.notes.push_back("channel " + name + " is off: all its providers are switched off");
  }
}

void noteUnused(Config& config) {
  for (const auto& [name, provider] : config.providers) {
    const bool used = std::any_of(config.channels.begin(), config.channels.end(), [&](auto& c) {
      const auto& names = c.second.providers;
      return std::find(names.begin(), names.end(), name) != names.end();
    });
    if (!used) config.notes.push_back("provider " + name + " is used by no channel");
  }
}

}  // namespace

const std::vector<std::string>& channelNames() {
  static const std::vector<std::string> names{"push", "sms", "email"};
  return names;
}

void readProviders(Section& root, Config& config) {
  Kinds kinds;
  root.section("providers").each([&](const std::string& name, Section in) {
    readProvider(in, name, config, kinds);
  });
  root.section("channels").each([&](const std::string& name, Section in) {
    readChannel(in, name, config, kinds);
  });
  noteUnused(config);
}

}  // namespace tidings::config
