// The small encodings that requests are made of. Pure.
#pragma once

#include <string>
#include <string_view>

namespace tidings::providers {

std::string base64(std::string_view bytes);

// All but RFC 3986's unreserved characters as %XX; fit for URLs and for form bodies.
void appendPercent(std::string& out, std::string_view text);
std::string percent(std::string_view text);

// An identifier as a header's value: visible ASCII as it is, the rest and '%' as %XX; at most
// `maxBytes`.
std::string headerValue(std::string_view text, size_t maxBytes = 512);

// A quoted JSON string. Always valid UTF-8: what is not becomes U+FFFD.
void appendJson(std::string& out, std::string_view text);

}  // namespace tidings::providers
