#include "known_names.h"

#include "base/utf8.h"

namespace tidings::cli {
namespace {

template <class T>
Error unknown(std::string_view where, std::string_view found, const char* expected,
              const config::ByName<T>& known) {
  std::string names;
  for (const auto& [name, settings] : known) names += (names.empty() ? "" : ", ") + name;
  return {ErrorKind::invalid, std::string(where) + ": found \"" + cleanText(found, 64) +
                                  "\", expected one of " + expected + ": " + names};
}

Status checkChannel(std::string_view where, const std::string& channel,
                    const config::Config& config) {
  if (config.channels.contains(channel)) return done;
  return unknown(where, channel, "the channels that are switched on", config.channels);
}

Status checkPreference(const policy::Profile::Preference& preference,
                       const config::Config& config) {
  const char* where = preference.enabled ? "--allow" : "--refuse";
  if (preference.scope != "*" && !config.types.contains(preference.scope)) {
    return unknownType(where, preference.scope, config);
  }
  return preference.channel == "*" ? done : checkChannel(where, preference.channel, config);
}

}  // namespace

Error unknownType(std::string_view where, std::string_view type, const config::Config& config) {
  return unknown(where, type, "the configured types", config.types);
}

Status checkNames(const store::UserChange& change, const config::Config& config) {
  Status fits = done;
  for (const auto& target : change.addAddresses) {
    if (fits.ok()) fits = checkChannel("--add-address", target.channel, config);
  }
  for (const auto& preference : change.setPreferences) {
    if (fits.ok()) fits = checkPreference(preference, config);
  }
  return fits;
}

}  // namespace tidings::cli
