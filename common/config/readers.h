// The parts of the file, each read and checked on its own. Faults go to the Context.
#pragma once

#include "config/config.h"
#include "config/section.h"

namespace tidings::config {

void readServers(Section& root, Config& config);    // amqp, postgres, http, log
void readProviders(Section& root, Config& config);  // providers, then channels
void readTypes(Section& root, Config& config);      // caps and types; after readProviders
ActionUrlConfig readActionUrl(Section section);

// Names are used in queue names, metrics and file names. Complains and returns false otherwise.
bool checkName(Section& section, const std::string& name);

// "https://…", or "http://…" to this machine or where plaintext is allowed.
void checkHttpUrl(Section& section, std::string_view key, const std::string& url,
                  bool allowPlaintext);

}  // namespace tidings::config
