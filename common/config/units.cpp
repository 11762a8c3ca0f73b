#include "config/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tidings::config {
namespace {

constexpr std::array<std::pair<std::string_view, int64_t>, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr int64_t longest = 36'500 * int64_t{86'400'000};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// One "12ms" off the front of `text`, in milliseconds; −1 if there is none.
int64_t takePart(std::string_view& text) {
  int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (error != std::errc{} || amount < 0) return -1;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  const size_t letters = std::min(text.find_first_of("0123456789"), text.size());
  for (const auto& [unit, millis] : units) {
    if (text.substr(0, letters) != unit) continue;
    text.remove_prefix(letters);
    return amount > longest / millis ? -1 : amount * millis;
  }
  return -1;
}

bool isHost(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

bool isV6(std::string_view host) {
  return host.find(':') != std::string_view::npos &&
         host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::optional<int> parsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || port < 0 || port > 65535) return std::nullopt;
  return port;
}

// "host", "host:port", "[v6]", "[v6]:port"; port −1 if there is none.
std::optional<HostPort> splitHost(std::string_view text) {
  std::string_view host = text.substr(0, text.find(':'));
  std::string_view rest = text.substr(host.size());
  const bool bracketed = !text.empty() && text.front() == '[';
  if (bracketed) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  }
  if (bracketed ? !isV6(host) : !isHost(host)) return std::nullopt;
  if (rest.empty()) return HostPort{lower(host), -1};
  const auto port = parsePort(rest.substr(1));
  if (rest.front() != ':' || !port) return std::nullopt;
  return HostPort{lower(host), *port};
}

}  // namespace

std::optional<Millis> parseDuration(std::string_view text) {
  if (text == "0") return Millis{0};
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  while (!text.empty()) {
    const int64_t part = takePart(text);
    if (part < 0 || part > longest - total) return std::nullopt;
    total += part;
  }
  return Millis{total};
}

std::string formatDuration(Millis duration) {
  std::string out;
  int64_t left = duration.count();
  for (const auto& [unit, millis] : units) {
    if (left / millis > 0) out.append(std::to_string(left / millis)).append(unit);
    left %= millis;
  }
  return out.empty() ? "0s" : out;
}

std::optional<Url> parseUrl(std::string_view text) {
  const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '\\';
  });
  const size_t colon = text.find("://");
  if (!clean || colon == std::string_view::npos || colon == 0) return std::nullopt;
  Url url;
  url.scheme = lower(text.substr(0, colon));
  std::string_view authority = text.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.hasUser = true;
    authority.remove_prefix(at + 1);
  }
  const auto place = splitHost(authority);
  if (!place || place->port == 0) return std::nullopt;
  url.host = place->host;
  url.port = std::max(place->port, 0);
  return url;
}

std::optional<HostPort> parseHostPort(std::string_view text) {
  auto place = splitHost(text);
  if (!place || place->port < 0) return std::nullopt;
  return place;
}

bool isLoopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  return host.substr(0, 4) == "127." &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace tidings::config
