// A provider sends one rendered notification to one address and says what became of it.
//
// Owner: the router; it outlives every send. Loop thread only. A send never throws and never
// fails: whatever happens is an Outcome, with an error text that holds no secret.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "json/value.h"
#include "notification/outcome.h"
#include "runtime/task.h"

namespace tidings {
class Loop;
}
namespace tidings::config {
struct ProviderConfig;
}
namespace tidings::http {
class Client;
}

namespace tidings::providers {

struct OutboundMessage {
  std::string notificationId;  // the app's; goes along where the provider carries data
  std::string recipient;       // the app's; for unsubscribe links
  std::string deliveryId;      // unique per delivery, the same on every attempt
  std::string address;         // device token, number or e-mail address
  std::string title, body;     // push
  std::string text;            // SMS; e-mail's plain part
  std::string subject, html;   // e-mail
  std::string actionUrl;       // already safe; empty: none
  std::optional<std::string> collapseKey;
  JsonValue data;                                   // an object, or absent; outlives the send
  std::optional<Millis> timeToLive;                 // until it expires
  int priority = 2;                                 // 0–9
  bool important() const { return priority >= 3; }  // kept flowing under overload
  std::string type, locale;
};

class Provider {
 public:
  virtual ~Provider() = default;
  // Ends at the deadline, or at the provider's own timeout if that is earlier.
  virtual Task<notification::Outcome> send(const OutboundMessage& message, Deadline deadline) = 0;
  virtual const std::string& name() const = 0;
  // True where sending again after `unknown` can't reach the recipient twice.
  virtual bool idempotent() const = 0;
};

// Error{invalid} names the setting that can't be used.
Result<std::unique_ptr<Provider>> makeProvider(const config::ProviderConfig& config,
                                               http::Client& client, Loop& loop);

}  // namespace tidings::providers
