// Any text as a configuration: a Config or an Error, never a crash, and never the secret.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const tidings::config::EnvLookup env = [](std::string_view) { return "p4ssw0rd-of-the-fuzzer"; };
  const auto config = tidings::config::parse(yaml, "/nonexistent/tidings.yaml", env);
  if (config) return 0;
  const auto& error = config.error();
  const bool leaks = error.message.find("p4ssw0rd") != std::string::npos &&
                     yaml.find("p4ssw0rd") == std::string_view::npos;
  if (leaks || error.kind != tidings::ErrorKind::invalid || error.message.empty()) std::abort();
  return 0;
}
