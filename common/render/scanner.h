// Template text → tokens. Pure; the tokens point into `source`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "render/token.h"

namespace tidings::render {

// An invalid template's error reads "name:line:column: found …, expected …".
Result<std::vector<Token>> scan(std::string_view source, std::string_view name);

// Where the byte at `offset` stands.
Position positionOf(std::string_view source, size_t offset);

// The error all compile steps share.
Error templateError(std::string_view name, Position at, std::string_view what);

}  // namespace tidings::render
