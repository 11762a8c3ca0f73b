#include <charconv>

#include "amqp/settings.h"

namespace tidings::amqp {
namespace {

Error bad(std::string what) { return Error{ErrorKind::invalid, "broker URL: " + std::move(what)}; }

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// AMQP carries these as short strings: at most 255 bytes, and a zero byte would end a SASL field.
Result<std::string> decodePart(std::string_view text, std::string_view part) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return bad("found a '%' in the " + std::string(part) +
                   ", expected two hex digits after it");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return bad("found a control character in the " + std::string(part));
    }
    out += c;
  }
  if (out.size() > 255) return bad("the " + std::string(part) + " is longer than 255 bytes");
  return out;
}

Result<uint16_t> parsePort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) {
    return bad("found no valid port, expected a number from 1 to 65535");
  }
  return static_cast<uint16_t>(port);
}

Status parseUser(std::string_view text, Endpoint& into) {
  const size_t colon = text.find(':');
  auto user = decodePart(text.substr(0, colon), "user");
  if (!user.ok()) return user.error();
  into.user = std::move(*user);
  into.password.clear();
  if (colon == std::string_view::npos) return done;
  auto password = decodePart(text.substr(colon + 1), "password");
  if (!password.ok()) return password.error();
  into.password = std::move(*password);
  return done;
}

Status parseHost(std::string_view text, Endpoint& into) {
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos)
      return bad("found '[', expected ']' after the IPv6 address");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (host.find(':') == std::string_view::npos)
      return bad("expected an IPv6 address in brackets");
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!port.empty() && !port.starts_with(':')) return bad("found text between ']' and the port");
  if (port.size() > 1) {
    const auto number = parsePort(port.substr(1));
    if (!number.ok()) return number.error();
    into.port = *number;
  }
  auto decoded = decodePart(host, "host");
  if (!decoded.ok()) return decoded.error();
  if (decoded->empty()) return bad("found no host");
  if (decoded->find_first_of(" /@") != std::string::npos)
    return bad("the host has a forbidden character");
  into.host = std::move(*decoded);
  return done;
}

}  // namespace

Result<Endpoint> parseUrl(std::string_view url) {
  Endpoint out;
  if (url.starts_with("amqps://")) {
    out.tls = true;
    out.port = 5671;
    url.remove_prefix(8);
  } else if (url.starts_with("amqp://")) {
    url.remove_prefix(7);
  } else {
    return bad("expected it to begin with amqp:// or amqps://");
  }
  if (url.find_first_of("?#") != std::string_view::npos) {
    return bad("found '?' or '#', expected neither: options have their own configuration keys");
  }
  const size_t slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (Status user = parseUser(authority.substr(0, at), out); !user.ok()) return user.error();
    authority.remove_prefix(at + 1);
  }
  if (Status host = parseHost(authority, out); !host.ok()) return host.error();
  if (slash == std::string_view::npos || slash + 1 == url.size()) return out;
  const std::string_view path = url.substr(slash + 1);
  if (path.find('/') != std::string_view::npos) {
    return bad("found '/' in the vhost, expected it as %2F");
  }
  auto vhost = decodePart(path, "vhost");
  if (!vhost.ok()) return vhost.error();
  out.vhost = std::move(*vhost);
  return out;
}

}  // namespace tidings::amqp
