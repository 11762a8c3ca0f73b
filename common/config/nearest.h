// "Did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidings::config {

// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
size_t editDistance(std::string_view a, std::string_view b);

// "; did you mean x?" if one of the names is close, else "; known: a, b, c", else "".
std::string suggestion(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace tidings::config
