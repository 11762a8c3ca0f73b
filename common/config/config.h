// The configuration, as plain data with its defaults. load() is the only way to get one from a
// file, and what it returns holds together: every name resolves, no two settings contradict.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/secret.h"

namespace tidings::config {

struct Amqp {
  // amqp:// or amqps://user:password@host:port/vhost, tried in turn. They hold passwords: never
  // print them.
  std::vector<std::string> urls;
  std::string caFile;
  std::string certFile;
  std::string keyFile;
  std::chrono::seconds heartbeat{10};
  int prefetch = 500;
  int retryPrefetch = 50;    // the retry lane's share
  int publishWindow = 1000;  // unconfirmed messages at most
};

struct Postgres {
  std::string url;  // any libpq connection URI; holds a password: never print it
};

struct Http {
  std::string listen = "127.0.0.1:9464";  // host:port or [v6]:port; port 0 picks a free one
};

enum class LogLevel { trace, debug, info, warn, error, off };
enum class LogFormat { text, json };
struct Log {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

struct FcmConfig {
  std::string serviceAccountFile;  // absolute
  Secret serviceAccount;           // its contents: a JSON object with the five fields checked
  std::string baseUrl = "https://fcm.googleapis.com";
  std::string caFile;
  bool http2 = true;
};

struct TwilioConfig {
  std::string accountSid;
  Secret authToken;       // either this,
  std::string apiKeySid;  // or these two
  Secret apiKeySecret;
  std::string from;                 // either this,
  std::string messagingServiceSid;  // or this
  std::string baseUrl = "https://api.twilio.com";
  std::string caFile;
  std::string statusCallback;
};

enum class SmtpTls { starttls, tls, none };  // none: loopback hosts only
struct SmtpConfig {
  std::string host;
  int port = 587;
  SmtpTls tls = SmtpTls::starttls;
  std::string user;  // empty: no authentication
  Secret password;
  std::string from;  // "Name <a@b>" or "a@b"
  std::string replyTo;
  std::string listUnsubscribe;  // Mustache text of https: and mailto: URLs; empty: no header
  std::string caFile;
  std::string ehloName;  // empty: the machine's name
};

using ProviderSettings = std::variant<FcmConfig, TwilioConfig, SmtpConfig>;

struct ProviderConfig {
  std::string name;
  std::string kind;  // fcm, twilio, smtp
  ProviderSettings settings;
  int concurrency = 64;         // requests in flight per worker
  bool allowPlaintext = false;  // http: or tls: none to a host that isn't this machine
  Millis timeout = std::chrono::seconds{10};
};

struct ChannelConfig {
  std::string name;                    // push, sms, email
  std::vector<std::string> providers;  // in the order they are tried; never empty
};

struct RetryConfig {
  int attempts = 5;  // in all, the first included
  Millis base = std::chrono::seconds{2};
  double factor = 2.0;
  Millis max = std::chrono::hours{1};
};

enum class OnUncertain { resend, skip };

struct TypeConfig {
  std::string name;
  std::vector<std::string> channels;  // those switched on; never empty
  std::string templateName;           // default: the type's name
  bool critical = false;              // ignores opt-outs and mute
  RetryConfig retry;
  OnUncertain onUncertain = OnUncertain::resend;
  std::vector<std::string> caps;  // keys of Config::caps that count this type
};

enum class OnExceed { drop, defer };

struct CapConfig {
  std::string name;
  std::vector<std::string> types{"*"};
  std::vector<std::string> channels{"*"};
  int limit = 0;
  Millis window{0};  // rolling
  OnExceed onExceed = OnExceed::drop;

  bool countsType(std::string_view type) const;
  bool countsChannel(std::string_view channel) const;
};

struct ActionUrlConfig {
  std::vector<std::string> allowedDomains;  // lower case; subdomains are included
  std::string fallback;                     // replaces an address that isn't allowed; may be empty
};

template <class T>
using ByName = std::map<std::string, T, std::less<>>;

struct Config {
  Amqp amqp;
  Postgres postgres;
  Http http;
  Log log;
  std::string templatesDir;  // absolute
  std::string defaultLocale = "en";
  Millis retention = std::chrono::days{7};
  Millis shutdownTimeout = std::chrono::seconds{30};
  ByName<ProviderConfig> providers;  // those switched on
  ByName<ChannelConfig> channels;    // those with a provider switched on
  ByName<TypeConfig> types;
  ByName<CapConfig> caps;
  ActionUrlConfig actionUrl;

  std::vector<std::string> notes;  // allowed, but worth telling: shown by `check` and at start
};

// Those that can be configured, switched on or not.
const std::vector<std::string>& channelNames();

// nullptr if there is none.
const TypeConfig* findType(const Config& config, std::string_view name);

// What `${NAME}` stands for; nullopt if it isn't set.
using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;
std::optional<std::string> processEnvironment(std::string_view name);

// Error{invalid}: "file:line: key: found …, expected …", one line per fault, at most 20 of them.
// Relative paths in the file count from the file's own directory. Blocks: reads files.
Result<Config> load(const std::string& path, const EnvLookup& env = processEnvironment);

// The same on a text; `fileName` is what errors call it and where relative paths count from.
Result<Config> parse(std::string_view yaml, const std::string& fileName, const EnvLookup& env);

}  // namespace tidings::config
