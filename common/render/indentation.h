// The white space at the beginning of template lines. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "render/parser.h"

namespace tidings::render {

// The longest beginning both have.
std::string_view commonPrefix(std::string_view a, std::string_view b);

// `text` without as much of the white space `cut` as it begins with.
std::string_view withoutIndent(std::string_view text, std::string_view cut);

// A line with nothing on it: it is never indented.
bool isEmptyLine(std::string_view text);

// What all lines the nodes render begin with; nullopt when they render no line at all.
std::optional<std::string_view> commonIndent(const std::vector<Token>& tokens,
                                             const std::vector<Node>& nodes);

}  // namespace tidings::render
