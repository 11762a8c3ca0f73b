// An RSA key made for this run, in PEM.
#pragma once

#include <string>

namespace tidings::providers {

const std::string& testRsaKey();

}  // namespace tidings::providers
