// Foreign bytes → JSON, within the limits of a message. Any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"
#include "json/document.h"

namespace tidings::notification {

// Error{invalid} naming the byte where size, UTF-8, nesting depth or syntax went wrong. A number
// that overflows a double (1e999) and a lone surrogate in a \u escape are syntax errors; of equal
// keys in one object the last wins.
Result<JsonDocument> parseMessage(std::string_view bytes);

// The same as a tree that can be changed; for where speed does not matter.
Result<nlohmann::json> parseJson(std::string_view bytes);

}  // namespace tidings::notification
