#include "http/transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

namespace tidings::http {
namespace {

bool isAboutTrust(int code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return true;
    default:
      return false;
  }
}

bool isOurBug(int code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
      return true;
    default:
      return false;
  }
}

}  // namespace

Transport classify(const Ending& ending) {
  if (ending.code == CURLE_OK) return Transport::ok;
  const bool enough =
      ending.stoppedByUs || ending.wholeAnswer || ending.code == CURLE_FILESIZE_EXCEEDED;
  if (ending.statusKnown && enough) return Transport::ok;
  // Whatever the code says: it may be that of libcurl's second try, after the connection that took
  // the request had died.
  if (ending.sent) return Transport::unknown;
  if (isAboutTrust(ending.code)) return Transport::tls;
  if (isOurBug(ending.code)) return Transport::broken;
  return Transport::notSent;
}

Response tooLate() {
  Response response{Transport::notSent};
  response.timedOut = true;
  response.error = "connecting left too little time for an answer";
  return response;
}

std::optional<Millis> retryAfterOf(long long seconds) {
  if (seconds == 0) return std::nullopt;
  constexpr long long day = 24 * 3600;
  return std::chrono::seconds{std::clamp(seconds, 0LL, day)};
}

std::optional<Millis> retryAfterOf(const std::string& header, WallTime now) {
  long long seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error == std::errc{} && end == header.data() + header.size()) return retryAfterOf(seconds);
  const time_t date = curl_getdate(header.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto today = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return retryAfterOf(static_cast<long long>(date) - today);
}

}  // namespace tidings::http
