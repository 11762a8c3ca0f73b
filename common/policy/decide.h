// Which deliveries a job consists of, and why the others are not made. Pure, any thread; asked
// anew before each attempt, so that a change of mind counts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "notification/delivery.h"
#include "notification/notification.h"
#include "policy/profile.h"

namespace tidings::policy {

using notification::Notification;
using notification::SkipReason;
using notification::Target;

struct Plan {
  struct Planned {
    Target target;
    std::optional<SkipReason> skip = std::nullopt;    // set: record it as skipped, don't send
    std::vector<const config::CapConfig*> caps = {};  // those that count it; owned by the Config
  };
  std::vector<Planned> deliveries;  // never empty after checkChannels() said yes
};

// Error{invalid} if the message narrows the type's channels to none: there would be nothing to
// record, so it must not pass for handled.
Status checkChannels(const Notification& notification, const config::TypeConfig& type);

// `owed`: the targets still to be made of an earlier attempt; empty = all, and those of `begun`,
// which an earlier delivery of the message began. An owed or begun target whose address is gone is
// skipped as noAddress, one whose channel the type dropped as cancelled.
Plan decide(const Notification& notification, const config::TypeConfig& type,
            const config::Config& config, const Profile& profile, WallTime now,
            std::span<const Target> owed = {}, std::span<const Target> begun = {});

// The most specific preference: (type, channel), (type, *), (*, channel), (*, *); true if none.
// Of two equally specific ones the later wins.
bool isEnabled(const Profile& profile, std::string_view type, std::string_view channel);

}  // namespace tidings::policy
