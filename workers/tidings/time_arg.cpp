#include "time_arg.h"

#include <charconv>

#include "base/rfc3339.h"

namespace tidings::cli {
namespace {

using std::chrono::seconds;

struct Unit {
  char letter;
  seconds length;
};
constexpr Unit units[] = {
    {'d', seconds{86'400}}, {'h', seconds{3600}}, {'m', seconds{60}}, {'s', seconds{1}}};
constexpr int64_t mostUnits = 100'000;

}  // namespace

std::optional<WallTime> parseTime(std::string_view text, WallTime now) {
  if (auto exact = parseRfc3339(text)) return exact;
  if (text.size() == 10) return parseRfc3339(std::string(text).append("T00:00:00Z"));
  int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc{} || count < 0 || count > mostUnits) return std::nullopt;
  if (end + 1 != text.data() + text.size()) return std::nullopt;
  for (const Unit& unit : units) {
    if (*end == unit.letter) return now - unit.length * count;
  }
  return std::nullopt;
}

std::string age(WallTime then, WallTime now) {
  const auto passed = std::chrono::duration_cast<seconds>(now - then);
  for (const Unit& unit : units) {
    if (passed >= unit.length) return std::to_string(passed / unit.length) + unit.letter;
  }
  return "now";
}

}  // namespace tidings::cli
