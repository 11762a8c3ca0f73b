#include "delivery/journeys.h"

namespace tidings::delivery {

Journeys::Journeys(Loop& loop, Ports ports, Observer& observer,
                   std::shared_ptr<const Settings> settings, const Stops& stops)
    : world_{loop, std::move(ports), observer, stops.sends(), stops.work(), Isolation(loop)},
      settings_(std::move(settings)) {}

// The message is there when the task starts, which is at once.
void Journeys::take(queue::Incoming&& message) { scope_.spawn(travel(world_, settings_, message)); }

Task<void> Journeys::travel(World& world, std::shared_ptr<const Settings> settings,
                            queue::Incoming& message) {
  Journey journey(world, std::move(settings), std::move(message));
  co_await journey.run();
}

}  // namespace tidings::delivery
