#include "amqp/handshake.h"

#include <algorithm>

namespace tidings::amqp {
namespace {

// Without consumer_cancel_notify the deletion of a queue would leave its consumer silently dead.
Table clientProperties(const std::string& name) {
  Table capabilities;
  for (const char* capability :
       {"connection.blocked", "consumer_cancel_notify", "basic.nack", "publisher_confirms",
        "authentication_failure_close", "exchange_exchange_bindings"}) {
    capabilities.emplace_back(capability, true);
  }
  Table properties;
  properties.emplace_back("product", std::string("tidings"));
  properties.emplace_back("connection_name", name);
  properties.emplace_back("capabilities", std::move(capabilities));
  return properties;
}

bool offers(std::string_view mechanisms, std::string_view wanted) {
  while (!mechanisms.empty()) {
    const size_t space = mechanisms.find(' ');
    if (mechanisms.substr(0, space) == wanted) return true;
    if (space == std::string_view::npos) return false;
    mechanisms.remove_prefix(space + 1);
  }
  return false;
}

// Both sides may say 0 for "no limit".
template <class T>
T agree(T ours, T theirs) {
  return theirs == 0 ? ours : std::min(ours, theirs);
}

}  // namespace

void answerStart(std::string& out, const Start& start, const Settings& settings,
                 const Endpoint& endpoint) {
  const bool byCertificate = endpoint.tls && !settings.tls.certFile.empty() &&
                             endpoint.password.empty() && offers(start.mechanisms, "EXTERNAL");
  std::string proof;
  if (!byCertificate) {
    proof.append(1, '\0').append(endpoint.user).append(1, '\0').append(endpoint.password);
  }
  put::startOk(out, clientProperties(settings.name), byCertificate ? "EXTERNAL" : "PLAIN", proof);
}

Limits answerTune(std::string& out, const Tune& tune, const Settings& settings) {
  const Limits ours;
  const Limits agreed{agree<size_t>(ours.frame, tune.frameMax),
                      agree<uint16_t>(ours.channels, tune.channelMax), settings.heartbeat};
  put::tuneOk(out, {agreed.channels, static_cast<uint32_t>(agreed.frame),
                    static_cast<uint16_t>(agreed.heartbeat.count())});
  return agreed;
}

}  // namespace tidings::amqp
