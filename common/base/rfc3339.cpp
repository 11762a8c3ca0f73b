#include "base/rfc3339.h"

#include <algorithm>

namespace tidings {
namespace {

using namespace std::chrono;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool literal(std::string_view oneOf) {
    if (at_ >= text_.size() || oneOf.find(text_[at_]) == std::string_view::npos) return fail();
    last_ = text_[at_++];
    return true;
  }
  bool number(int digits, int low, int high, int& out) {
    out = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      if (!digit()) return fail();
      out = out * 10 + (text_[at_] - '0');
    }
    return (out >= low && out <= high) || fail();
  }
  // ".123456": milliseconds, further digits dropped.
  bool fraction(int& millis) {
    millis = 0;
    if (at_ >= text_.size() || text_[at_] != '.') return true;
    ++at_;
    if (!digit()) return fail();
    for (int weight = 100; digit(); ++at_, weight /= 10) millis += weight * (text_[at_] - '0');
    return true;
  }
  bool atEnd() const { return ok_ && at_ == text_.size(); }
  char last() const { return last_; }

 private:
  bool digit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }
  bool fail() { return ok_ = false; }

  std::string_view text_;
  size_t at_ = 0;
  char last_ = 0;
  bool ok_ = true;
};

bool readOffset(Reader& in, minutes& offset) {
  offset = minutes{0};
  if (!in.literal("Zz+-")) return false;
  const char sign = in.last();
  if (sign == 'Z' || sign == 'z') return true;
  int hour = 0, minute = 0;
  if (!in.number(2, 0, 23, hour) || !in.literal(":") || !in.number(2, 0, 59, minute)) return false;
  offset = hours{hour} + minutes{minute};
  if (sign == '-') offset = -offset;
  return true;
}

void putDigits(char* at, int count, int number) {
  for (; count > 0; number /= 10) at[--count] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::optional<WallTime> parseRfc3339(std::string_view text) {
  Reader in(text);
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0;
  minutes offset{};
  const bool read = in.number(4, 0, 9999, y) && in.literal("-") && in.number(2, 1, 12, mo) &&
                    in.literal("-") && in.number(2, 1, 31, d) && in.literal("Tt") &&
                    in.number(2, 0, 23, h) && in.literal(":") && in.number(2, 0, 59, mi) &&
                    in.literal(":") && in.number(2, 0, 60, s) && in.fraction(ms) &&
                    readOffset(in, offset) && in.atEnd();
  const year_month_day day{year{y}, month(static_cast<unsigned>(mo)),
                           std::chrono::day(static_cast<unsigned>(d))};
  if (!read || !day.ok()) return std::nullopt;
  return WallTime{sys_days{day}} + hours{h} + minutes{mi} - offset + seconds{s} + milliseconds{ms};
}

void appendRfc3339(std::string& out, WallTime time) {
  // Outside of it there is no such text.
  constexpr WallTime first = sys_days{year{0} / 1 / 1};
  constexpr WallTime last = sys_days{year{10'000} / 1 / 1} - milliseconds{1};
  time = std::clamp(time, first, last);
  const auto dayPoint = floor<days>(time);
  const year_month_day day{dayPoint};
  const hh_mm_ss clock{time - dayPoint};
  char text[] = "0000-00-00T00:00:00.000Z";
  putDigits(text, 4, static_cast<int>(day.year()));
  putDigits(text + 5, 2, static_cast<int>(static_cast<unsigned>(day.month())));
  putDigits(text + 8, 2, static_cast<int>(static_cast<unsigned>(day.day())));
  putDigits(text + 11, 2, static_cast<int>(clock.hours().count()));
  putDigits(text + 14, 2, static_cast<int>(clock.minutes().count()));
  putDigits(text + 17, 2, static_cast<int>(clock.seconds().count()));
  putDigits(text + 20, 3, static_cast<int>(clock.subseconds().count()));
  out.append(text, sizeof text - 1);
}

std::string formatRfc3339(WallTime time) {
  std::string text;
  appendRfc3339(text, time);
  return text;
}

}  // namespace tidings
