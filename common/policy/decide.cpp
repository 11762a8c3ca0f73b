#include "policy/decide.h"

#include <algorithm>
#include <array>

namespace tidings::policy {
namespace {

// Everything one question needs, so that the rules read alike.
struct Case {
  const Notification& notification;
  const config::TypeConfig& type;
  const Profile& profile;
  WallTime now;
};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<SkipReason> expired(const Case& c, const Target&) {
  const auto& until = c.notification.expiresAt;
  return until && *until <= c.now ? std::optional(SkipReason::expired) : std::nullopt;
}

std::optional<SkipReason> muted(const Case& c, const Target&) {
  const bool refuses = c.profile.muted && !c.type.critical;
  return refuses ? std::optional(SkipReason::muted) : std::nullopt;
}

std::optional<SkipReason> optedOut(const Case& c, const Target& target) {
  const bool refuses = !c.type.critical && !isEnabled(c.profile, c.type.name, target.channel);
  return refuses ? std::optional(SkipReason::optedOut) : std::nullopt;
}

std::optional<SkipReason> noAddress(const Case& c, const Target& target) {
  const auto& all = c.profile.addresses;
  const bool there =
      !target.address.empty() && std::any_of(all.begin(), all.end(), [&](const auto& a) {
        return a.address == target.address && a.channel == target.channel;
      });
  return there ? std::nullopt : std::optional(SkipReason::noAddress);
}

// In the order in which reasons are given; the first that applies is recorded.
constexpr std::array rules{expired, muted, optedOut, noAddress};

std::optional<SkipReason> firstReason(const Case& c, const Target& target) {
  for (const auto& rule : rules) {
    if (const auto reason = rule(c, target)) return reason;
  }
  return std::nullopt;
}

// The type's channels, narrowed by the message, in the type's order.
bool isWanted(const Notification& notification, const std::string& channel) {
  return notification.channels.empty() || contains(notification.channels, channel);
}

using Deliveries = std::vector<Plan::Planned>;

void add(Deliveries& deliveries, const std::string& channel, const std::string& address) {
  const bool there = std::any_of(deliveries.begin(), deliveries.end(), [&](const auto& known) {
    return known.target.address == address && known.target.channel == channel;
  });
  if (!there) deliveries.push_back({{channel, address}});
}

void addChannel(Deliveries& deliveries, const Profile& profile, const std::string& channel) {
  const size_t before = deliveries.size();
  for (const auto& address : profile.addresses) {
    if (address.channel == channel) add(deliveries, channel, address.address);
  }
  if (deliveries.size() > before) return;
  const bool there = std::any_of(deliveries.begin(), deliveries.end(), [&](const auto& known) {
    return known.target.channel == channel;
  });
  if (!there) add(deliveries, channel, "");
}

std::vector<const config::CapConfig*> capsOf(const config::TypeConfig& type,
                                             const config::Config& config,
                                             std::string_view channel) {
  std::vector<const config::CapConfig*> caps;
  for (const auto& name : type.caps) {
    const auto cap = config.caps.find(name);
    if (cap != config.caps.end() && cap->second.countsChannel(channel)) {
      caps.push_back(&cap->second);
    }
  }
  return caps;
}

}  // namespace

Status checkChannels(const Notification& notification, const config::TypeConfig& type) {
  for (const auto& channel : type.channels) {
    if (isWanted(notification, channel)) return done;
  }
  std::string list;
  for (const auto& channel : type.channels) list += (list.empty() ? "" : ", ") + channel;
  return Error{ErrorKind::invalid, "/channels: found none of the channels of the type " +
                                       type.name + ", expected at least one of " + list};
}

bool isEnabled(const Profile& profile, std::string_view type, std::string_view channel) {
  int best = -1;
  bool enabled = true;
  for (const auto& preference : profile.preferences) {
    const bool anyType = preference.scope == "*";
    const bool anyChannel = preference.channel == "*";
    if (!(anyType || preference.scope == type) || !(anyChannel || preference.channel == channel)) {
      continue;
    }
    const int weight = (anyType ? 0 : 2) + (anyChannel ? 0 : 1);
    if (weight < best) continue;
    best = weight;
    enabled = preference.enabled;
  }
  return enabled;
}

Plan decide(const Notification& notification, const config::TypeConfig& type,
            const config::Config& config, const Profile& profile, WallTime now,
            std::span<const Target> owed, std::span<const Target> begun) {
  Plan plan;
  for (const auto& target : owed) add(plan.deliveries, target.channel, target.address);
  if (owed.empty()) {
    for (const auto& target : begun) add(plan.deliveries, target.channel, target.address);
    for (const auto& channel : type.channels) {
      if (isWanted(notification, channel)) addChannel(plan.deliveries, profile, channel);
    }
  }
  const Case asked{notification, type, profile, now};
  for (Plan::Planned& planned : plan.deliveries) {
    const Target& target = planned.target;
    planned.skip = firstReason(asked, target);
    if (!contains(type.channels, target.channel)) planned.skip = SkipReason::cancelled;
    if (!planned.skip) planned.caps = capsOf(type, config, target.channel);
  }
  return plan;
}

}  // namespace tidings::policy
