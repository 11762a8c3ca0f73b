// Texts of the configuration that stand for something else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidings::config {

// "500ms", "2s", "5m", "1h", "7d", or several as in "1h30m"; "0". Nothing else, no fractions.
std::optional<Millis> parseDuration(std::string_view text);

// The same the other way round, in the largest units: "1h30m".
std::string formatDuration(Millis duration);

struct Url {
  std::string scheme;  // lower case
  bool hasUser = false;
  std::string host;  // lower case, without the brackets of an IPv6 address
  int port = 0;      // 0: none given
};
// scheme://[user[:password]@]host[:port][/…]. nullopt for anything else.
std::optional<Url> parseUrl(std::string_view text);

struct HostPort {
  std::string host;
  int port = 0;
};
// "127.0.0.1:9464", "[::1]:9464". Port 0 to 65535; the host is not looked up.
std::optional<HostPort> parseHostPort(std::string_view text);

// This machine, whatever the resolver says: localhost, 127.0.0.0/8, ::1.
bool isLoopback(std::string_view host);

}  // namespace tidings::config
