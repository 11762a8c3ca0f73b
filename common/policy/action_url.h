// Where a click may lead. A message is written by an app, often from users' input; a link to
// anywhere in a mail of ours would be a gift to phishers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace tidings::policy {

// The address itself if it is plainly http(s) on an allowed domain or a subdomain of one, else
// the configured fallback. Empty if the message has none.
std::string safeActionUrl(const std::optional<std::string>& url,
                          const config::ActionUrlConfig& config);

bool isAllowedActionUrl(std::string_view url, const config::ActionUrlConfig& config);

}  // namespace tidings::policy
