// From the configuration's words to the broker room's.
#pragma once

#include <string>
#include <vector>

#include "amqp/settings.h"
#include "config/config.h"

namespace tidings::worker {

inline amqp::Settings brokerSettings(const config::Amqp& amqp,
                                     std::vector<amqp::Endpoint> endpoints, std::string name) {
  amqp::Settings settings;
  settings.endpoints = std::move(endpoints);
  settings.tls = {amqp.caFile, amqp.certFile, amqp.keyFile};
  settings.heartbeat = amqp.heartbeat;
  settings.name = std::move(name);
  return settings;
}

}  // namespace tidings::worker
