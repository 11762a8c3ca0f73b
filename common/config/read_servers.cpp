#include <algorithm>

#include "config/postgres_url.h"
#include "config/readers.h"
#include "config/units.h"

namespace tidings::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Several brokers may come from one variable: "amqp://a/x,amqp://b/x".
std::vector<Scalar> splitAtCommas(const std::vector<Scalar>& given) {
  std::vector<Scalar> out;
  for (const auto& item : given) {
    for (size_t from = 0; from <= item.value.size();) {
      size_t to = std::min(item.value.find(',', from), item.value.size());
      std::string part = item.value.substr(from, to - from);
      part.erase(0, part.find_first_not_of(' '));
      part.erase(part.find_last_not_of(' ') + 1);
      out.push_back({std::move(part), item.shown, item.line});
      from = to + 1;
    }
  }
  return out;
}

// The URLs hold passwords, so no message shows one.
void readBrokers(Section& in, Amqp& amqp) {
  for (const auto& item : splitAtCommas(in.list("urls"))) {
    const auto url = parseUrl(item.value);
    if (url && (url->scheme == "amqp" || url->scheme == "amqps")) {
      amqp.urls.push_back(item.value);
    } else {
      in.complain(item.line, "urls",
                  "found something else than an AMQP address (not shown), expected "
                  "amqp://user:password@host:port/vhost or amqps://…");
    }
  }
  if (!in.has("urls")) in.refuse("urls", "nothing", "amqp://user:password@host:port/vhost");
}

Amqp readAmqp(Section in) {
  Amqp amqp;
  readBrokers(in, amqp);
  amqp.caFile = in.file("ca_file");
  amqp.certFile = in.file("cert_file");
  amqp.keyFile = in.file("key_file");
  if (amqp.certFile.empty() != amqp.keyFile.empty()) {
    in.refuse(in.has("key_file") ? "key_file" : "cert_file", "one of cert_file and key_file",
              "both or neither");
  }
  const Millis beat = in.duration("heartbeat", amqp.heartbeat, seconds{1}, seconds{600});
  amqp.heartbeat = std::chrono::duration_cast<seconds>(beat);
  if (amqp.heartbeat != beat) in.refuse("heartbeat", "a fraction of a second", "whole seconds");
  amqp.prefetch = in.integer("prefetch", amqp.prefetch, 1, 65535);
  amqp.retryPrefetch = in.integer("retry_prefetch", amqp.retryPrefetch, 1, 65535);
  amqp.publishWindow = in.integer("publish_window", amqp.publishWindow, 1, 65535);
  in.finish();
  return amqp;
}

Postgres readPostgres(Section in) {
  Postgres postgres{in.required("url", "postgresql://user@host:port/database")};
  if (!postgres.url.empty() && !parsePostgresUrl(postgres.url)) {
    in.refuse("url", "something else than a PostgreSQL address (not shown)",
              "postgresql://user:password@host:port/database, with %40 for @, %2F for / and %25 "
              "for % in a password");
  }
  in.finish();
  return postgres;
}

Http readHttp(Section in) {
  Http http;
  const auto listen = in.scalar("listen");
  if (listen && !parseHostPort(listen->value)) {
    in.refuse(*listen, "listen", "host:port such as 127.0.0.1:9464 or [::1]:9464");
  }
  if (listen) http.listen = listen->value;
  in.finish();
  return http;
}

Log readLog(Section in) {
  Log log;
  log.level = in.choice<LogLevel>("level", log.level,
                                  {{"trace", LogLevel::trace},
                                   {"debug", LogLevel::debug},
                                   {"info", LogLevel::info},
                                   {"warn", LogLevel::warn},
                                   {"error", LogLevel::error},
                                   {"off", LogLevel::off}});
  log.format = in.choice<LogFormat>("format", log.format,
                                    {{"text", LogFormat::text}, {"json", LogFormat::json}});
  in.finish();
  return log;
}

}  // namespace

void readServers(Section& root, Config& config) {
  config.amqp = readAmqp(root.section("amqp"));
  config.postgres = readPostgres(root.section("postgres"));
  config.http = readHttp(root.section("http"));
  config.log = readLog(root.section("log"));
}

}  // namespace tidings::config
