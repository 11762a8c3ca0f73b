// Any text in every field of a log line: it stays one line, and a reader finds the fields that were
// meant, no more and no fewer.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "observe/log_line.h"

namespace {

using namespace tidings;
using namespace tidings::observe;

const std::vector<std::string> jsonKeys{"time",      "level",   "event",    "id",    "type",
                                        "recipient", "channel", "provider", "state", "reason",
                                        "attempt",   "ms",      "error"};

void require(bool promise) {
  if (!promise) std::abort();
}

// The keys of a logfmt line, as its readers find them.
std::vector<std::string> keysOf(std::string_view line) {
  std::vector<std::string> keys;
  while (!line.empty()) {
    const size_t end = line.find_first_of("= ");
    if (end != std::string_view::npos && line[end] == '=') keys.emplace_back(line.substr(0, end));
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    if (keys.empty() || line.empty() || line[0] != '"') continue;
    for (line.remove_prefix(1); !line.empty() && line[0] != '"'; line.remove_prefix(1)) {
      if (line[0] == '\\') line.remove_prefix(1);
      require(!line.empty());
    }
    require(!line.empty());
    line.remove_prefix(std::min<size_t>(2, line.size()));
  }
  return keys;
}

Transition with(std::string_view text) {
  Transition what;
  what.event = what.id = what.type = what.recipient = what.channel = text;
  what.provider = what.state = what.reason = what.error = text;
  return what;
}

void checkJson(const std::string& line) {
  const auto parsed = nlohmann::ordered_json::parse(line);
  std::vector<std::string> keys;
  for (const auto& [key, value] : parsed.items()) keys.push_back(key);
  require(keys == jsonKeys);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const LogFormat format : {LogFormat::json, LogFormat::text}) {
    const std::string line = formatTransition(format, WallTime{}, LogLevel::info, with(text));
    require(std::none_of(line.begin(), line.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }));
    if (format == LogFormat::json) {
      checkJson(line);
    } else {
      require(keysOf(line) == std::vector<std::string>(jsonKeys.begin() + 2, jsonKeys.end()));
    }
  }
  return 0;
}
