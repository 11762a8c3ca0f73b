// Names that somebody typed, held against the configuration. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "store/admin.h"

namespace tidings::cli {

// Error{invalid}: `where`: found "name", expected one of those that are configured.
Error unknownType(std::string_view where, std::string_view type, const config::Config& config);

// Addresses that are added and preferences name channels that there are, switched on or not, and
// types that are configured, or "*": others are misspelt, and would be stored without an effect.
Status checkNames(const store::UserChange& change, const config::Config& config);

}  // namespace tidings::cli
