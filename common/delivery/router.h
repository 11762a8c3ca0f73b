// Routing of one delivery over its channel's providers, in their order: those with an open circuit
// are passed over, and what one provider could not take goes to the next. An answer of `unknown`
// ends the search: failing over could reach the recipient twice.
//
// Owner: the settings that a journey holds. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "delivery/circuit_breaker.h"
#include "notification/outcome.h"
#include "providers/provider.h"
#include "runtime/task.h"

namespace tidings::delivery {

struct Routed {
  notification::Outcome outcome;
  std::string provider;           // who gave the outcome; empty if nobody was asked
  bool idempotent = false;        // that provider's
  std::optional<Millis> blocked;  // set: every circuit is open, nothing was sent; look again then
};

class Router {
 public:
  using Providers = std::vector<std::shared_ptr<providers::Provider>>;
  // Told of every answered request, for the metrics.
  using OnRequest =
      std::function<void(const std::string& provider, const notification::Outcome&, Millis took)>;

  Router(const Clock& clock, std::map<std::string, Providers, std::less<>> channels,
         OnRequest onRequest = {});

  Task<Routed> send(std::string_view channel, const providers::OutboundMessage& message,
                    Deadline deadline);

  // Of each provider: whether it is left alone.
  std::map<std::string, bool> circuits() const;

  // True when a repeat through any provider of the channel is harmless.
  bool idempotent(std::string_view channel) const;

 private:
  struct Route {
    std::shared_ptr<providers::Provider> provider;
    CircuitBreaker* breaker;  // the provider's, whichever channel it is asked for
  };
  void learn(const Route& route, const notification::Outcome& outcome, MonoTime start);

  const Clock& clock_;
  std::map<std::string, CircuitBreaker, std::less<>> breakers_;
  std::map<std::string, std::vector<Route>, std::less<>> channels_;
  OnRequest onRequest_;
};

}  // namespace tidings::delivery
