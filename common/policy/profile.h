// What is known of a recipient. store fills it, decide() reads it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tidings::policy {

struct Profile {
  struct Address {
    std::string channel;
    std::string address;
  };
  struct Preference {
    std::string scope;    // a type, or "*"
    std::string channel;  // a channel, or "*"
    bool enabled = true;
  };

  bool known = false;  // false: nobody has ever said anything about this recipient
  std::optional<std::string> locale;
  std::optional<std::string> timeZone;
  bool muted = false;
  std::vector<Address> addresses;  // the active ones only
  std::vector<Preference> preferences;
};

}  // namespace tidings::policy
