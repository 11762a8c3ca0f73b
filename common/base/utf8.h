// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tidings {

// The offset of the first byte that is not part of a well-formed sequence; nullopt if all is well.
std::optional<size_t> findInvalidUtf8(std::string_view text);

// At most maxBytes, never cutting a character in two.
std::string_view truncateUtf8(std::string_view text, size_t maxBytes);

// Foreign text made fit for a log line, a header or a column: bad bytes become U+FFFD, control
// characters and separators of lines become spaces, at most maxBytes.
std::string cleanText(std::string_view text, size_t maxBytes);

}  // namespace tidings
