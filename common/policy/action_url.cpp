#include "policy/action_url.h"

#include <algorithm>

namespace tidings::policy {
namespace {

constexpr size_t maxUrlBytes = 2048;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// What browsers and our reading could take differently: blanks and control characters (dropped by
// browsers), backslashes (slashes to them), quotes and angle brackets (the ends of attributes).
bool hasTricks(std::string_view url) {
  return std::any_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\' || c == '"' ||
           c == '<' || c == '>' || c == '`';
  });
}

bool isPort(std::string_view text) {
  return text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The host of "http(s)://host[:port][/?#…]", lower case; empty if it is anything else: user
// names, percent signs, non-ASCII letters and IPv6 addresses among them.
std::string hostOf(std::string_view url) {
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return "";
  const std::string scheme = lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return "";
  std::string_view authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const size_t end = authority.find(':');
  if (end != std::string_view::npos && !isPort(authority.substr(end + 1))) return "";
  const std::string host = lower(authority.substr(0, end));
  const bool plain =
      host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string::npos;
  return plain ? host : "";
}

bool isWithin(std::string_view host, std::string_view domain) {
  if (domain.empty() || host.size() < domain.size() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

bool isAllowedActionUrl(std::string_view url, const config::ActionUrlConfig& config) {
  if (url.size() > maxUrlBytes || hasTricks(url)) return false;
  const std::string host = hostOf(url);
  const bool wellFormed = !host.empty() && host.front() != '.' && host.find("..") == host.npos;
  return wellFormed &&
         std::any_of(config.allowedDomains.begin(), config.allowedDomains.end(),
                     [&](const std::string& domain) { return isWithin(host, domain); });
}

std::string safeActionUrl(const std::optional<std::string>& url,
                          const config::ActionUrlConfig& config) {
  if (!url || url->empty()) return "";
  return isAllowedActionUrl(*url, config) ? *url : config.fallback;
}

}  // namespace tidings::policy
