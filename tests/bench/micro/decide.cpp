#include "policy/decide.h"

#include "bench.h"
#include "samples.h"

namespace tidings::bench {
namespace {

config::Config settings() {
  config::Config config;
  config::TypeConfig& type = config.types["comment"];
  type.name = "comment";
  type.channels = {"push", "email", "sms"};
  type.caps = {"hourly", "daily"};
  for (const std::string& name : type.caps) {
    config.caps[name] = {
        .name = name, .channels = {"push"}, .limit = 50, .window = Millis{3'600'000}};
  }
  return config;
}

const Bench decide("decide", []() -> Body {
  return [config = settings(), profile = profile()] {
    keep(policy::decide(typical(), config.types.begin()->second, config, profile, now));
  };
});

}  // namespace
}  // namespace tidings::bench
