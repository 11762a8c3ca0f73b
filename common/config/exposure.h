// What a configuration lets cross a network unencrypted, or to a server that nothing proves to be
// the right one. Allowed, because a network may be one's own; never silent. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace tidings::config {

std::vector<std::string> exposures(const Config& config);

}  // namespace tidings::config
