// The one place where a server's SQLSTATE becomes a kind of error.
#pragma once

#include <string_view>

#include "base/result.h"

namespace tidings::pg {

// An empty or unknown code is `uncertain`: without a verdict the statement may have been done.
ErrorKind kindOf(std::string_view sqlstate);

}  // namespace tidings::pg
