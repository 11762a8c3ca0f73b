#include "amqp/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings::amqp;
  const std::string url(reinterpret_cast<const char*>(data), size);
  const auto endpoint = parseUrl(url);
  if (!endpoint.ok()) return 0;
  if (endpoint->host.empty() || endpoint->port == 0 || endpoint->vhost.empty()) __builtin_trap();
  if (endpoint->user.size() > 255 || endpoint->vhost.size() > 255) __builtin_trap();
  return 0;
}
