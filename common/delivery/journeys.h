// All journeys under way in this process.
//
// Owner: the worker; it awaits join() before this dies. Loop thread only.
#pragma once

#include <memory>

#include "delivery/journey.h"
#include "delivery/world.h"
#include "runtime/scope.h"
#include "runtime/stops.h"

namespace tidings::delivery {

class Journeys {
 public:
  Journeys(Loop& loop, Ports ports, Observer& observer, std::shared_ptr<const Settings> settings,
           const Stops& stops);

  // Starts the message on its journey. The broker's prefetch bounds how many are under way.
  void take(queue::Incoming&& message);
  // For the messages that come from now on.
  void use(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }
  const Settings& settings() const { return *settings_; }
  size_t underWay() const { return scope_.running(); }
  auto join() { return scope_.join(); }

 private:
  static Task<void> travel(World& world, std::shared_ptr<const Settings> settings,
                           queue::Incoming& message);

  World world_;
  std::shared_ptr<const Settings> settings_;
  Scope scope_;
};

}  // namespace tidings::delivery
