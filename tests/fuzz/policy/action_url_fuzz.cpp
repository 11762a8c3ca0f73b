// Any text as the address that a click leads to: what is let through leads to the allowed domain
// when libcurl reads it, too, and can't leave an attribute.
#include <cctype>
#include <cstdint>
#include <cstdlib>

#include "http/url.h"
#include "policy/action_url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings;
  const config::ActionUrlConfig config{.allowedDomains = {"a.eu"}, .fallback = "https://a.eu/"};
  const std::string_view url(reinterpret_cast<const char*>(data), size);
  if (!policy::isAllowedActionUrl(url, config)) return 0;
  if (url.find_first_of("\"<>`\\ \r\n") != std::string_view::npos) std::abort();
  const auto read = http::parseBaseUrl(url.substr(0, url.find_first_of("?#")));
  if (!read.ok()) return 0;  // leads nowhere
  const std::string_view after = std::string_view(read->text).substr(read->text.find("://") + 3);
  std::string host(after.substr(0, after.find_first_of(":/")));
  for (char& c : host) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (host != "a.eu" && !host.ends_with(".a.eu")) std::abort();
  return 0;
}
