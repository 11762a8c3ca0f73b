// Names that somebody typed, held against the configuration. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "store/admin.h"

namespace tidings::cli {

// Error{invalid}: `where`: found "name", expected one of those that are configured.
Error unknownType(std::string_view where, std::string_view type, const config::Config& config);

// Addresses that are added and preferences name channels that are switched on, or "*", and types
// that are configured, or "*": others are misspelt, and would be stored without an effect. What is
// taken away may be of a channel that is no more.
Status checkNames(const store::UserChange& change, const config::Config& config);

}  // namespace tidings::cli
