#include "observe/log_line.h"

#include <charconv>
#include <cmath>

#include "base/plain_text.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace tidings::observe {
namespace {

// Nothing in it needs to be cut, cleaned or escaped.
bool isPlain(std::string_view value) {
  return value.size() <= LogLine::maxValueBytes && quotablePrefix(value) == value.size();
}
bool needsEscape(char c) { return c == '"' || c == '\\'; }

// U+0085, U+2028 and U+2029 end a line for some readers, U+0080–U+009F steer some terminals, and
// the bidirectional controls make a line read as something else: all become spaces.
bool isHiddenControl(std::string_view text, size_t at, size_t& length) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return length = 2, true;
  if (byte(0) != 0xE2) return false;
  length = 3;
  if (byte(1) == 0x80)
    return (byte(2) >= 0xA8 && byte(2) <= 0xAE) || byte(2) == 0x8E || byte(2) == 0x8F;
  return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
}

void appendEscaped(std::string& out, std::string_view clean) {
  for (size_t at = 0; at < clean.size(); ++at) {
    size_t length = 0;
    if (isHiddenControl(clean, at, length)) {
      out += ' ';
      at += length - 1;
      continue;
    }
    if (needsEscape(clean[at])) out += '\\';
    out += clean[at];
  }
}

void appendQuoted(std::string& out, std::string_view value) {
  out += '"';
  if (isPlain(value)) {
    out += value;
  } else {
    appendEscaped(out, cleanText(value, LogLine::maxValueBytes));
  }
  out += '"';
}

}  // namespace

LogLine::LogLine(LogFormat format, WallTime time, LogLevel level, std::string_view event,
                 std::string room)
    : format_(format), text_(std::move(room)) {
  text_.clear();
  text_.reserve(512);
  if (format == LogFormat::json) {
    text_ += "{\"time\":\"";
    appendRfc3339(text_, time);
    text_ += '"';
    add("level", toString(level));
    add("event", event);
  } else {
    appendRfc3339(text_, time);
    text_ += ' ';
    text_ += toString(level);
    add("event", event);
  }
}

void LogLine::key(std::string_view name) {
  if (format_ == LogFormat::json) {
    text_ += ",\"";
    text_ += name;
    text_ += "\":";
  } else {
    text_ += ' ';
    text_ += name;
    text_ += '=';
  }
}

void LogLine::literal(std::string_view name, std::string_view value) {
  key(name);
  text_ += value;
}

void LogLine::add(std::string_view name, std::string_view value) {
  key(name);
  const bool bare = format_ == LogFormat::text && isPlain(value) &&
                    value.find_first_of(" =") == std::string_view::npos;
  if (bare) {
    text_ += value;
  } else {
    appendQuoted(text_, value);
  }
}

void LogLine::add(std::string_view name, int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  literal(name, {digits, end});
}

void LogLine::add(std::string_view name, double value) {
  if (!std::isfinite(value)) return addNone(name);  // JSON has no word for it
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  literal(name, {digits, end});
}

void LogLine::add(std::string_view name, bool value) { literal(name, value ? "true" : "false"); }

void LogLine::add(const LogField& field) {
  std::visit([&](auto value) { add(field.key, value); }, field.value);
}

void LogLine::addNone(std::string_view name) {
  literal(name, format_ == LogFormat::json ? "null" : "");
}

std::string LogLine::finish() && {
  if (format_ == LogFormat::json) text_ += '}';
  return std::move(text_);
}

std::string formatTransition(LogFormat format, WallTime time, LogLevel level,
                             const Transition& what, std::string room) {
  LogLine line(format, time, level, what.event, std::move(room));
  line.add("id", what.id);
  line.add("type", what.type);
  line.add("recipient", what.recipient);
  line.add("channel", what.channel);
  line.add("provider", what.provider);
  line.add("state", what.state);
  line.add("reason", what.reason);
  line.add("attempt", static_cast<int64_t>(what.attempt));
  if (what.took) {
    line.add("ms", static_cast<int64_t>(what.took->count()));
  } else {
    line.addNone("ms");
  }
  line.add("error", what.error);
  return std::move(line).finish();
}

std::string formatEvent(LogFormat format, WallTime time, LogLevel level, std::string_view event,
                        LogFields fields) {
  LogLine line(format, time, level, event);
  for (const LogField& field : fields) line.add(field);
  return std::move(line).finish();
}

}  // namespace tidings::observe
