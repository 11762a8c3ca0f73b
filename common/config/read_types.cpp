#include <algorithm>

#include "config/nearest.h"
#include "config/readers.h"
#include "config/units.h"

namespace tidings::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Millis longestWindow = hours{30 * 24};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The names in a list, each of them known and there once. Absent: nothing.
std::vector<std::string> readNames(Section& in, std::string_view key, const std::string& what,
                                   const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (const auto& item : in.list(key)) {
    if (contains(names, item.value)) {
      in.refuse(item, key, "each " + what + " once");
    } else if (contains(known, item.value)) {
      names.push_back(item.value);
    } else {
      in.complain(item.line, key,
                  "found " + item.shown + ", expected the name of a " + what +
                      suggestion(item.value, known));
    }
  }
  return names;
}

RetryConfig readRetry(Section in) {
  RetryConfig retry;
  retry.attempts = in.integer("attempts", retry.attempts, 1, 100);
  retry.base = in.duration("base", retry.base, milliseconds{1}, hours{24});
  retry.factor = in.number("factor", retry.factor, 1, 100);
  retry.max = in.duration("max", retry.max, milliseconds{1}, hours{24});
  if (in.faultless() && retry.base > retry.max) {
    in.refuse(in.has("base") ? "base" : "max",
              "base " + formatDuration(retry.base) + " and max " + formatDuration(retry.max),
              "a base no longer than max");
  }
  in.finish();
  return retry;
}

// Channels that are switched off fall away here; what is left must not be nothing.
std::vector<std::string> readTypeChannels(Section& in, const std::vector<std::string>& known,
                                          Config& config, const std::string& type) {
  const auto named = readNames(in, "channels", "channel", known);
  std::vector<std::string> on;
  for (const auto& channel : named) {
    if (config.channels.contains(channel)) {
      on.push_back(channel);
    } else {
      config.notes.push_back("type " + type + " does without the channel " + channel);
    }
  }
  if (!in.has("channels")) {
    in.refuse("channels", "nothing", "a list of channels" + suggestion("", known));
  } else if (on.empty() && !named.empty() && in.context().problems.empty()) {
    in.refuse("channels", "only channels that are off",
              "one with a provider that is switched on (enabled: true)");
  }
  return on;
}

void readType(Section& in, const std::string& name, const std::vector<std::string>& channels,
              Config& config) {
  if (!checkName(in, name)) return;
  TypeConfig type;
  type.name = name;
  type.channels = readTypeChannels(in, channels, config, name);
  type.templateName = in.text("template", name);
  type.critical = in.boolean("critical", false);
  type.retry = readRetry(in.section("retry"));
  type.onUncertain =
      in.choice<OnUncertain>("on_uncertain", type.onUncertain,
                             {{"resend", OnUncertain::resend}, {"skip", OnUncertain::skip}});
  in.finish();
  if (type.templateName.find_first_of("/\\") != std::string::npos || type.templateName == "..") {
    in.refuse("template", in.shown("template"), "the name of a directory of templates");
  }
  for (const auto& [capName, cap] : config.caps) {
    if (cap.countsType(name)) type.caps.push_back(capName);
  }
  config.types[name] = std::move(type);
}

// "*" stands alone or not at all.
std::vector<std::string> readScope(Section& in, std::string_view key, const std::string& what,
                                   std::vector<std::string> known) {
  known.emplace_back("*");
  auto names = readNames(in, key, what, known);
  if (contains(names, "*") && names.size() > 1) {
    in.refuse(key, "\"*\" among others", "either \"*\" or names");
  }
  if (in.has(key) && in.list(key).empty()) in.refuse(key, "an empty list", "\"*\" or names");
  return names.empty() ? std::vector<std::string>{"*"} : names;
}

void readCap(Section& in, const std::string& name, const std::vector<std::string>& types,
             const std::vector<std::string>& channels, Config& config) {
  if (!checkName(in, name)) return;
  CapConfig cap;
  cap.name = name;
  cap.types = readScope(in, "types", "type", types);
  cap.channels = readScope(in, "channels", "channel", channels);
  cap.limit = in.integer("limit", 0, 1, 10'000);
  cap.window = in.duration("window", Millis{0}, seconds{1}, longestWindow);
  cap.onExceed = in.choice<OnExceed>("on_exceed", cap.onExceed,
                                     {{"drop", OnExceed::drop}, {"defer", OnExceed::defer}});
  if (!in.has("limit")) in.refuse("limit", "nothing", "how many within the window");
  if (!in.has("window")) in.refuse("window", "nothing", "a duration such as 1h");
  in.finish();
  config.caps[name] = std::move(cap);
}

}  // namespace

void readTypes(Section& root, Config& config) {
  auto channels = root.section("channels").keys();
  std::erase_if(channels, [](const std::string& name) {
    return name != "push" && name != "sms" && name != "email";
  });
  Section types = root.section("types");
  const auto typeNames = types.keys();
  root.section("caps").each(
      [&](const std::string& name, Section in) { readCap(in, name, typeNames, channels, config); });
  types.each([&](const std::string& name, Section in) { readType(in, name, channels, config); });
  if (typeNames.empty()) root.refuse("types", "none", "at least one type of notification");
}

}  // namespace tidings::config
