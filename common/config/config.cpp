#include "config/config.h"

#include <algorithm>
#include <cstdlib>

namespace tidings::config {
namespace {

bool lists(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& each) { return each == "*" || each == name; });
}

}  // namespace

bool CapConfig::countsType(std::string_view type) const { return lists(types, type); }
bool CapConfig::countsChannel(std::string_view channel) const { return lists(channels, channel); }

const TypeConfig* findType(const Config& config, std::string_view name) {
  const auto it = config.types.find(name);
  return it == config.types.end() ? nullptr : &it->second;
}

std::optional<std::string> processEnvironment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace tidings::config
