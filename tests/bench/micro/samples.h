// The message that the bodies work on, as an app would send it.
#pragma once

#include <string>

#include "base/clock.h"
#include "notification/notification.h"
#include "policy/profile.h"
#include "providers/provider.h"

namespace tidings::bench {

inline constexpr WallTime now{std::chrono::seconds{1'700'000'000}};

std::string typicalBytes();  // about 500 bytes
std::string largeBytes();    // about 32 KiB: a long text, and two hundred objects in `data`
const notification::Notification& typical();
policy::Profile profile();

// The typical message rendered, for one address; as long as the program lives.
providers::OutboundMessage outbound(std::string address);

}  // namespace tidings::bench
