#include "http/client.h"

#include <unistd.h>

#include "http/http1_origin.h"
#include "http/http2_origin.h"
#include "http/multi.h"
#include "http/relay.h"
#include "http/url.h"

namespace tidings::http {
namespace {

Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }

Status checkCaFile(const std::string& path) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return done;
  return invalid("ca_file: " + path + " can't be read");
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(Loop& loop) : multi(loop) {}
  Multi multi;
};

Client::Client(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}
Client::~Client() = default;

Result<std::unique_ptr<Origin>> Client::origin(Origin::Options options) {
  auto base = parseBaseUrl(options.baseUrl);
  if (!base.ok()) return invalid("base_url: " + base.error().message);
  const bool allowHttp = base->loopback || options.cleartext;
  if (!base->https && !allowHttp) {
    return invalid("base_url: expected https:// (http:// is for loopback hosts only)");
  }
  if (Status ca = checkCaFile(options.caFile); !ca.ok()) return ca.error();
  if (options.concurrency == 0) return invalid("concurrency: found 0, expected at least 1");
  if (options.http2 && base->https) {  // HTTP/2 in the clear is nobody's offer
    return std::unique_ptr<Origin>(
        std::make_unique<Http2Origin>(impl_->multi, std::move(options), base->loopback));
  }
  return std::unique_ptr<Origin>(
      std::make_unique<Http1Origin>(impl_->multi, std::move(options), std::move(*base), allowHttp));
}

Result<std::unique_ptr<Relay>> Client::relay(Relay::Options options) {
  const auto isName = [](std::string_view text) {
    return text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               ".-:[]") == std::string_view::npos;
  };
  if (options.host.empty() || !isName(options.host)) return invalid("host: expected a host name");
  if (!isName(options.ehloName)) return invalid("ehlo_name: expected a host name");
  if (options.port < 1 || options.port > 65535) return invalid("port: expected 1 to 65535");
  if (options.tls == Relay::Tls::none && !isLoopbackHost(options.host)) {
    if (!options.cleartext) return invalid("tls: none is for loopback hosts only");
    if (!options.user.empty()) return invalid("tls: none with credentials is for loopback only");
  }
  if (Status ca = checkCaFile(options.caFile); !ca.ok()) return ca.error();
  if (options.concurrency == 0) return invalid("concurrency: found 0, expected at least 1");
  return std::unique_ptr<Relay>(std::make_unique<SmtpRelay>(impl_->multi, std::move(options)));
}

void Client::abort() { impl_->multi.abort(); }
const Stats& Client::stats() const { return impl_->multi.stats; }

}  // namespace tidings::http
