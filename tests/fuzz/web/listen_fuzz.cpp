// Any text as an address to listen on. Requests themselves are parsed by libwebsockets; hostile
// ones are tests/integration/web and tests/e2e.
#include <cstdlib>

#include "web/listen.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidings;
  const auto where = web::parseListen(std::string(reinterpret_cast<const char*>(data), size));
  if (!where && where.error().kind != ErrorKind::invalid) std::abort();
  if (where && where->host.find_first_of("[]/ \n") != std::string::npos) std::abort();
  return 0;
}
