// A profile as one string, which takes much less memory, for the cache. For this process only: the
// form is nobody else's and changes at will. Pure.
#pragma once

#include <string>
#include <string_view>

#include "policy/profile.h"

namespace tidings::store {

// Appends.
void pack(const policy::Profile& profile, std::string& to);
// Of what pack() made.
policy::Profile unpack(std::string_view packed);

}  // namespace tidings::store
