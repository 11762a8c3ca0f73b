#include "known_names.h"

#include <algorithm>

#include "base/utf8.h"

namespace tidings::cli {
namespace {

Error unknown(std::string_view where, std::string_view found, const char* expected,
              const std::vector<std::string>& known) {
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  return {ErrorKind::invalid, std::string(where) + ": found \"" + cleanText(found, 64) +
                                  "\", expected one of " + expected + ": " + names};
}

Status checkChannel(std::string_view where, const std::string& channel) {
  const std::vector<std::string>& known = config::channelNames();
  if (std::find(known.begin(), known.end(), channel) != known.end()) return done;
  return unknown(where, channel, "the channels", known);
}

Status checkPreference(const policy::Profile::Preference& preference,
                       const config::Config& config) {
  const char* where = preference.enabled ? "--allow" : "--refuse";
  if (preference.scope != "*" && !config.types.contains(preference.scope)) {
    return unknownType(where, preference.scope, config);
  }
  return preference.channel == "*" ? done : checkChannel(where, preference.channel);
}

}  // namespace

Error unknownType(std::string_view where, std::string_view type, const config::Config& config) {
  std::vector<std::string> names;
  for (const auto& [name, settings] : config.types) names.push_back(name);
  return unknown(where, type, "the configured types", names);
}

Status checkNames(const store::UserChange& change, const config::Config& config) {
  Status fits = done;
  for (const auto& target : change.addAddresses) {
    if (fits.ok()) fits = checkChannel("--add-address", target.channel);
  }
  for (const auto& preference : change.setPreferences) {
    if (fits.ok()) fits = checkPreference(preference, config);
  }
  return fits;
}

}  // namespace tidings::cli
