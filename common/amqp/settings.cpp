#include "amqp/settings.h"

namespace tidings::amqp {

std::string Endpoint::text() const {
  const bool bracket = host.find(':') != std::string::npos;
  std::string out = tls ? "amqps://" : "amqp://";
  out += user + "@" + (bracket ? "[" + host + "]" : host) + ":" + std::to_string(port);
  out += vhost.starts_with('/') ? vhost : "/" + vhost;
  return out;
}

Result<std::vector<Endpoint>> parseUrls(const std::vector<std::string>& urls) {
  std::vector<Endpoint> endpoints;
  for (const std::string& url : urls) {
    auto endpoint = parseUrl(url);
    if (!endpoint.ok()) return endpoint.error();
    endpoints.push_back(std::move(*endpoint));
  }
  if (endpoints.empty())
    return Error{ErrorKind::invalid, "found no broker URL, expected at least one"};
  return endpoints;
}

std::string_view toString(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::connected:
      return "connected";
    case NoticeKind::lost:
      return "lost";
    case NoticeKind::refused:
      return "refused";
    case NoticeKind::blocked:
      return "blocked";
    case NoticeKind::unblocked:
      return "unblocked";
    case NoticeKind::consumerLost:
      return "consumer_lost";
    case NoticeKind::nacked:
      return "nacked";
    case NoticeKind::declared:
      return "declared";
  }
  return "unknown";
}

}  // namespace tidings::amqp
