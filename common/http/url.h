// The little that must be known of a URL before it is trusted with a secret. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tidings::http {

struct BaseUrl {
  std::string text;  // normalised, without a trailing slash
  bool https = false;
  bool loopback = false;
  std::string authority;  // host[:port], as a Host header has it
};

// Error{invalid} for anything but http(s)://host[:port][/path] without user info, query, fragment.
Result<BaseUrl> parseBaseUrl(std::string_view text);

// Where a request goes: the authority as above and the path with its query.
struct Target {
  bool https = false;
  std::string authority;
  std::string path;
};
// nullopt for anything but http(s) without user info.
std::optional<Target> parseTarget(std::string_view url);

// "localhost", 127/8 and ::1, with or without brackets.
bool isLoopbackHost(std::string_view host);

// The ASCII form of an internationalised host name; nullopt if it has none.
std::optional<std::string> asciiHost(const std::string& host);

}  // namespace tidings::http
