// ${NAME}, ${NAME:-default} and ${file:/path} inside a scalar.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace tidings::config {

// A variable that is set but empty takes its default, as in a shell. A file's trailing newline is
// dropped. `$${` stands for `${`; a `$` before anything else is just itself. What is put in is
// not looked at again. Errors name the variable or the file, never a value.
Result<std::string> interpolate(std::string_view text, const EnvLookup& env,
                                const std::filesystem::path& directory);

// A regular file of at most `limit` bytes; the error is the reason alone.
Result<std::string> readSmallFile(const std::filesystem::path& path, size_t limit);

}  // namespace tidings::config
