#include "http/client.h"

#include <unistd.h>

#include "http/multi.h"
#include "http/origin.h"
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
  return std::unique_ptr<Origin>(
      std::make_unique<HttpOrigin>(impl_->multi, std::move(options), allowHttp, base->loopback));
}

void Client::abort() { impl_->multi.abort(); }
const Stats& Client::stats() const { return impl_->multi.stats; }

}  // namespace tidings::http
