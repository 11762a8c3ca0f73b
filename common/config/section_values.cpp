// The values of a section, each read as what it is to be.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/utf8.h"
#include "config/section.h"
#include "config/units.h"

namespace tidings::config {
namespace {

template <class N>
std::optional<N> whole(const std::string& text) {
  N out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::string plain(double value) {
  auto text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::optional<Scalar> Section::oneLine(std::string_view key) {
  auto found = scalar(key);
  if (!found) return found;
  const bool control = std::any_of(found->value.begin(), found->value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (!control && !findInvalidUtf8(found->value)) return found;
  refuse(*found, key, "one line of UTF-8 text");
  return std::nullopt;
}

std::string Section::text(std::string_view key, std::string fallback) {
  auto found = oneLine(key);
  return found ? std::move(found->value) : std::move(fallback);
}

std::string Section::required(std::string_view key, const std::string& expected) {
  if (!has(key)) {
    use(key);
    refuse(key, "nothing", expected);
    return "";
  }
  auto found = oneLine(key);
  if (found && found->value.empty()) refuse(*found, key, expected);
  return found ? std::move(found->value) : "";
}

Secret Section::secret(std::string_view key) {
  auto found = scalar(key);
  return found ? Secret(std::move(found->value)) : Secret();
}

bool Section::boolean(std::string_view key, bool fallback) {
  return choice<bool>(key, fallback,
                      {{"true", true},
                       {"false", false},
                       {"yes", true},
                       {"no", false},
                       {"on", true},
                       {"off", false}});
}

int Section::integer(std::string_view key, int fallback, int low, int high) {
  const auto found = scalar(key);
  if (!found) return fallback;
  const auto value = whole<int>(found->value);
  if (value && *value >= low && *value <= high) return *value;
  refuse(*found, key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return fallback;
}

double Section::number(std::string_view key, double fallback, double low, double high) {
  const auto found = scalar(key);
  if (!found) return fallback;
  const auto value = whole<double>(found->value);
  if (value && std::isfinite(*value) && *value >= low && *value <= high) return *value;
  refuse(*found, key, "a number from " + plain(low) + " to " + plain(high));
  return fallback;
}

Millis Section::duration(std::string_view key, Millis fallback, Millis low, Millis high) {
  const auto found = scalar(key);
  if (!found) return fallback;
  const auto value = parseDuration(found->value);
  if (!value) {
    refuse(*found, key, "a duration such as 500ms, 2s, 5m, 1h or 7d");
  } else if (*value < low || *value > high) {
    refuse(*found, key, "from " + formatDuration(low) + " to " + formatDuration(high));
  }
  return value && *value >= low && *value <= high ? *value : fallback;
}

std::string Section::absolute(std::string_view key, const std::string& fallback) {
  const std::string given = text(key, fallback);
  return given.empty() ? "" : (context_->directory / given).lexically_normal().string();
}

std::string Section::file(std::string_view key) {
  const std::string path = absolute(key, "");
  std::error_code error;
  if (!path.empty() && !std::filesystem::is_regular_file(path, error)) {
    refuse(key, shown(key) + ", which is not a file", "the path of one");
  }
  return path;
}

}  // namespace tidings::config
