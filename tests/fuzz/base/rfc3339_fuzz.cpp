// Any text as a date-time: what is accepted is a time that our own form of it gives again.
#include <cstdint>
#include <cstdlib>

#include "base/rfc3339.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings;
  const auto time = parseRfc3339({reinterpret_cast<const char*>(data), size});
  if (!time) return 0;
  const auto year = std::chrono::year_month_day{floor<std::chrono::days>(*time)}.year();
  const std::string text = formatRfc3339(*time);
  // An offset may lead out of the four digits of a year: such a time has no text of this form.
  const bool hasText = year >= std::chrono::year{0} && year <= std::chrono::year{9999};
  if (hasText && (text.size() != 24 || parseRfc3339(text) != time)) std::abort();
  return 0;
}
