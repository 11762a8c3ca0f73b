#include "http/url.h"

#include <curl/curl.h>
#include <locale.h>

#include <algorithm>
#include <memory>

namespace tidings::http {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

// libcurl's IDN library takes names in the encoding of the thread's locale; ours are in UTF-8.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(uselocale(utf8_)) {}
  ~Utf8Locale() {
    uselocale(before_);
    if (utf8_ != nullptr) freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_;
  locale_t before_;
};

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

// Printable ASCII. libcurl decodes percent signs in hosts and refuses control characters there, but
// for DEL.
bool isPlain(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// Without the port where it is the scheme's own.
std::optional<std::string> authorityOf(CURLU* url) {
  std::optional<std::string> host = part(url, CURLUPART_HOST);
  if (host && !isPlain(*host)) host = asciiHost(*host);
  if (!host) return std::nullopt;
  if (const auto port = part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT)) *host += ":" + *port;
  return host;
}

}  // namespace

Result<BaseUrl> parseBaseUrl(std::string_view text) {
  const auto refuse = [](const char* expected) {
    return Error{ErrorKind::invalid, std::string("expected ") + expected};
  };
  const Url url(curl_url());
  const std::string copy(text);
  if (!url || copy.find('\0') != std::string::npos ||
      curl_url_set(url.get(), CURLUPART_URL, copy.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return refuse("a URL https://host[:port][/path] without a user name");
  }
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") return refuse("a URL that begins with https://");
  if (part(url.get(), CURLUPART_QUERY) || part(url.get(), CURLUPART_FRAGMENT)) {
    return refuse("a URL without ? and #");
  }
  BaseUrl base;
  base.text = part(url.get(), CURLUPART_URL).value_or("");
  while (base.text.ends_with('/')) base.text.pop_back();
  base.https = scheme == "https";
  base.loopback = isLoopbackHost(part(url.get(), CURLUPART_HOST).value_or(""));
  const auto authority = authorityOf(url.get());
  if (!authority) return refuse("a host name that has an ASCII form");
  base.authority = *authority;
  return base;
}

std::optional<Target> parseTarget(std::string_view view) {
  const Url url(curl_url());
  const std::string text(view);
  if (!url || text.find('\0') != std::string::npos ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return std::nullopt;
  }
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  const auto authority = authorityOf(url.get());
  if ((scheme != "https" && scheme != "http") || !authority) return std::nullopt;
  Target target{scheme == "https", *authority, part(url.get(), CURLUPART_PATH).value_or("/")};
  if (const auto query = part(url.get(), CURLUPART_QUERY)) target.path += "?" + *query;
  return target;
}

bool isLoopbackHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost" || host == "::1") return true;
  // A name such as 127.example.com is not loopback: only digits and dots may follow.
  return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<std::string> asciiHost(const std::string& host) {
  const Utf8Locale locale;
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_SCHEME, "https", 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_HOST, host.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  // By way of the whole URL: asked for the host alone, libcurl 7.88 leaks where there is no ASCII
  // form.
  const auto whole = part(url.get(), CURLUPART_URL, CURLU_PUNYCODE);
  if (!whole || curl_url_set(url.get(), CURLUPART_URL, whole->c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  auto ascii = part(url.get(), CURLUPART_HOST);
  // What was percent-encoded is decoded after libcurl has looked for letters to convert.
  if (ascii && !isPlain(*ascii)) return std::nullopt;
  return ascii;
}

}  // namespace tidings::http
