#include "config/postgres_url.h"

#include <algorithm>

#include "config/units.h"

namespace tidings::config {
namespace {

bool isHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool isEncoded(std::string_view text) {
  for (size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    const std::string_view code = text.substr(at + 1, 2);
    if (code.size() < 2 || !isHex(code[0]) || !isHex(code[1]) || code == "00") return false;
  }
  return text.find('\0') == text.npos;
}

// Calls `each` for what stands between the separators until one returns false.
template <class Each>
bool allOf(std::string_view text, char separator, Each each) {
  while (true) {
    const size_t end = std::min(text.find(separator), text.size());
    if (!each(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool isPort(std::string_view text) {
  return text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
}

// A socket's directory is written with %2F and begins with it.
bool isLocalHost(std::string_view host) {
  return host.empty() || host.starts_with('%') || host.starts_with('/') || isLoopback(host);
}

bool readHost(std::string_view text, PostgresUrl& url) {
  const size_t close = text.starts_with('[') ? text.find(']') : 0;
  if (close == text.npos) return false;
  const size_t colon = text.find(':', close);
  const std::string_view after = close == 0 ? "" : text.substr(close + 1, colon - close - 1);
  if (!after.empty() || (colon != text.npos && !isPort(text.substr(colon + 1)))) return false;
  url.local =
      url.local && isLocalHost(close == 0 ? text.substr(0, colon) : text.substr(1, close - 1));
  return true;
}

bool readQuery(std::string_view query, PostgresUrl& url) {
  return allOf(query, '&', [&url](std::string_view pair) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || pair.find('=', equals + 1) != pair.npos) return false;
    const std::string_view key = pair.substr(0, equals), value = pair.substr(equals + 1);
    if (key == "sslmode") url.verified = value == "verify-full";
    if (key == "host" || key == "hostaddr") url.local = url.local && isLocalHost(value);
    return true;
  });
}

}  // namespace

std::optional<PostgresUrl> parsePostgresUrl(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == text.npos || !isEncoded(text)) return std::nullopt;
  if (text.substr(0, scheme) != "postgresql" && text.substr(0, scheme) != "postgres") {
    return std::nullopt;
  }
  text.remove_prefix(scheme + 3);
  const size_t query = std::min(text.find('?'), text.size());
  const std::string_view place = text.substr(0, query);
  const size_t at = place.find('@');
  const size_t hosts = at == place.npos ? 0 : at + 1;
  const std::string_view rest = place.substr(hosts);
  if (rest.find('@') != rest.npos || place.find('/') < hosts) return std::nullopt;
  PostgresUrl url;
  const auto host = [&url](std::string_view one) { return readHost(one, url); };
  if (!allOf(rest.substr(0, rest.find('/')), ',', host)) return std::nullopt;
  if (query < text.size() && !readQuery(text.substr(query + 1), url)) return std::nullopt;
  return url;
}

}  // namespace tidings::config
