// JSON values as text. Pure; allocates only by growing `out`.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace tidings {

// The text between the quotes. Precondition: valid UTF-8, which the result then is as well.
void appendJsonEscaped(std::string& out, std::string_view text);

// Integers as they are; others as JavaScript's JSON.stringify: the shortest digits that read back
// as the same number (5.0 as 5), exponents only beyond 1e21 and below 1e-6. Nothing for what is no
// number.
void appendJsonNumber(std::string& out, JsonValue number);

// The whole value, compact, members in the order in which they were given.
void appendJson(std::string& out, JsonValue value);

}  // namespace tidings
