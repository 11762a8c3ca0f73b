#include "queue/depth_watch.h"

#include "queue/declare.h"
#include "runtime/loop_sleep.h"

namespace tidings::queue {
namespace {

constexpr Millis every{10'000};

// A queue that is missing counts as empty: its consumer says what is wrong with it.
Task<uint64_t> countReady(Declarer& declarer, const std::vector<Intake::Source>& sources) {
  uint64_t ready = 0;
  for (const auto& source : sources) {
    amqp::QueueSpec spec{source.queue, true};
    const Result<amqp::Answer> answer = co_await declarer.queue(std::move(spec));
    if (answer.ok()) ready += answer->messages;
  }
  co_return ready;
}

}  // namespace

Task<void> watchDepth(Loop& loop, amqp::Connection& connection,
                      const std::vector<Intake::Source>& sources, Intake::Stats& stats,
                      std::stop_token session) {
  Declarer declarer(connection);
  while (connection.alive() && !session.stop_requested()) {
    stats.ready = co_await countReady(declarer, sources);
    if (stats.ready == 0) {
      stats.readySince.reset();
    } else if (!stats.readySince) {
      stats.readySince = loop.clock().mono();
    }
    co_await sleepFor(loop, every, session);
  }
  stats.readySince.reset();
  if (connection.alive()) co_await declarer.close();
}

}  // namespace tidings::queue
