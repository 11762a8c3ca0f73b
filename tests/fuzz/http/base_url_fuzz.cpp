// Any text as a provider's address: what is accepted is plain http(s), without a user's name, and
// read again it is the same; any text as a host's name has an ASCII form or none.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "http/url.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings::http;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto ascii = asciiHost(text.substr(0, text.find('\0')))) {
    require(std::all_of(ascii->begin(), ascii->end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  }
  const auto url = parseBaseUrl(text);
  if (!url) return 0;
  require(url->text.starts_with(url->https ? "https://" : "http://"));
  require(url->text.find_first_of("\r\n\t @?#") == std::string::npos ||
          url->text.find('/', 8) < url->text.find('@'));
  const auto again = parseBaseUrl(url->text);
  require(again.ok() && again->text == url->text && again->loopback == url->loopback);
  return 0;
}
