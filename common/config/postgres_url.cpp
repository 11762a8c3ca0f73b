#include "config/postgres_url.h"

#include <algorithm>
#include <string>

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

// Of a text that isEncoded().
std::string decoded(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    out += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
    at += 2;
  }
  return out;
}

// An empty one is where libpq looks by default, or where the environment says.
bool isLocalHost(std::string_view host) {
  return host.starts_with('/') || host.starts_with('@') || isLoopback(host);
}

// What libpq takes the hosts from, each a list with commas: the last of these that is there.
struct Hosts {
  std::string inPlace, host, hostaddr;
  const std::string& used() const {
    if (!hostaddr.empty()) return hostaddr;
    return host.empty() ? inPlace : host;
  }
};

bool readHost(std::string_view text, Hosts& hosts) {
  const size_t close = text.starts_with('[') ? text.find(']') : 0;
  if (close == text.npos) return false;
  const size_t colon = text.find(':', close);
  const std::string_view after = close == 0 ? "" : text.substr(close + 1, colon - close - 1);
  if (!after.empty() || (colon != text.npos && !isPort(text.substr(colon + 1)))) return false;
  if (!hosts.inPlace.empty()) hosts.inPlace += ',';
  hosts.inPlace += decoded(close == 0 ? text.substr(0, colon) : text.substr(1, close - 1));
  return true;
}

// As libpq does: keys are encoded, too, and the last of a kind counts.
bool readQuery(std::string_view query, PostgresUrl& url, Hosts& hosts) {
  return allOf(query, '&', [&url, &hosts](std::string_view pair) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || pair.find('=', equals + 1) != pair.npos) return false;
    const std::string key = decoded(pair.substr(0, equals));
    const std::string value = decoded(pair.substr(equals + 1));
    if (key == "sslmode") url.verified = value == "verify-full";
    if (key == "ssl") url.verified = false;
    if (key == "host") hosts.host = value;
    if (key == "hostaddr") hosts.hostaddr = value;
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
  const size_t begin = at == place.npos ? 0 : at + 1;
  const std::string_view rest = place.substr(begin);
  if (rest.find('@') != rest.npos || place.find('/') < begin) return std::nullopt;
  PostgresUrl url;
  Hosts hosts;
  const auto host = [&hosts](std::string_view one) { return readHost(one, hosts); };
  if (!allOf(rest.substr(0, rest.find('/')), ',', host)) return std::nullopt;
  if (query < text.size() && !readQuery(text.substr(query + 1), url, hosts)) return std::nullopt;
  url.named = !hosts.used().empty();
  url.local = allOf(hosts.used(), ',', isLocalHost);
  return url;
}

}  // namespace tidings::config
