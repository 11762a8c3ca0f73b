// Base64 with padding (RFC 4648 §4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidings::cli {

std::string toBase64(std::string_view bytes);
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace tidings::cli
