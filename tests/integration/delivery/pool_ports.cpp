// What the journeys have instead of a broker, a provider and the network to the store.
#include <filesystem>

#include "base/rfc3339.h"
#include "integration/delivery/pool.h"
#include "queue/ladder.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"

namespace tidings::delivery {
namespace {

using notification::Outcome;
using store::ClaimAnswer;

// Messages speak for themselves.
render::Catalog noTemplates() {
  const auto dir = std::filesystem::path(testing::TempDir()) / "tidings-no-templates";
  std::filesystem::create_directories(dir);
  auto catalog = render::Catalog::load(dir);
  if (!catalog.ok()) throw std::runtime_error(catalog.error().message);
  return std::move(*catalog);
}

}  // namespace

nlohmann::json parsed(const queue::Incoming& message) {
  return nlohmann::json::parse(message.body);
}

std::optional<WallTime> sendAtOf(const queue::Incoming& message) {
  const nlohmann::json body = parsed(message);
  return body.contains("sendAt") ? parseRfc3339(std::string(body["sendAt"])) : std::nullopt;
}

class Pool::Provider final : public providers::Provider {
 public:
  explicit Provider(Trip& trip) : trip_(trip) {}
  Task<Outcome> send(const providers::OutboundMessage& message, Deadline) override {
    const std::string address = message.address;
    trip_.pool.checkSend(trip_, address);
    auto& asked = trip_.asked.emplace_back();
    asked.address = address;
    asked.answer = std::make_unique<OneShot<Outcome>>(trip_.pool.test_.loop);
    // It is taken out of the list with the answer.
    auto* shot = asked.answer.get();
    co_return co_await shot->wait();
  }
  const std::string& name() const override { return name_; }
  bool idempotent() const override { return false; }

 private:
  Trip& trip_;
  const std::string name_ = "fcm";
};

std::shared_ptr<const Settings> Pool::settingsFor(Trip& trip) {
  std::map<std::string, Router::Providers, std::less<>> channels;
  channels["push"] = {std::make_shared<Provider>(trip)};
  auto router = std::make_shared<Router>(test_.loop.clock(), std::move(channels));
  return std::shared_ptr<const Settings>(new Settings{config_, noTemplates(), std::move(router)});
}

Ports Pool::portsOf(Trip& trip) {
  return {
      .profile = [this](const std::string&) { return profile(*this); },
      .claim = [&trip](const store::JobClaim& job) { return claim(trip, job); },
      .settle = [&trip](const std::vector<store::Settlement>& rows) { return settle(trip, rows); },
      .begun = [&trip](store::JobKey job) { return begun(trip, std::move(job)); },
      .beginTry = [&trip](store::Try attempt) { return beginTry(trip, attempt); },
      .endTry = [this, &trip](int64_t hash) { endTry(trip, hash); },
      .subscribers = {},
      .publish = [&trip](queue::Outgoing message,
                         Deadline) { return enqueue(trip, std::move(message)); },
      .ack = [&trip](queue::AckTicket) { trip.acked = !trip.gone; }};
}

Task<Result<std::shared_ptr<const policy::Profile>>> Pool::profile(Pool& pool) {
  co_return std::shared_ptr<const policy::Profile>(pool.profile_);
}

Task<Result<std::vector<ClaimAnswer>>> Pool::claim(Trip& trip, store::JobClaim job) {
  const Error dead{ErrorKind::cancelled, "its worker died"};
  if (trip.gone) co_return dead;
  Pool& pool = trip.pool;
  trip.gone = trip.crash == Crash::take;
  if (trip.gone) co_return dead;
  ++pool.busy_;
  auto answers = co_await pool.workers_[trip.worker]->claims().claim(job);
  --pool.busy_;
  EXPECT_TRUE(answers.ok());
  if (answers.ok()) pool.checkClaim(trip, job, *answers);
  const bool isEnded = job.tried && answers.ok() && store::endsRecord(*answers);
  if (isEnded) pool.tries_.end(pool.workers_[trip.worker]->instance().value, *job.tried);
  trip.gone = trip.gone || trip.crash == Crash::claim;
  if (trip.gone) co_return dead;
  co_return answers;
}

Task<Result<std::vector<notification::Target>>> Pool::begun(Trip& trip, store::JobKey job) {
  const Error dead{ErrorKind::cancelled, "its worker died"};
  if (trip.gone) co_return dead;
  Pool& pool = trip.pool;
  ++pool.busy_;
  auto targets = co_await pool.workers_[trip.worker]->claims().begun(std::move(job));
  --pool.busy_;
  if (trip.gone) co_return dead;
  co_return targets;
}

Task<Result<store::TryVerdict>> Pool::beginTry(Trip& trip, store::Try attempt) {
  const Error dead{ErrorKind::cancelled, "its worker died"};
  if (trip.gone) co_return dead;
  Pool& pool = trip.pool;
  ++pool.busy_;
  const auto verdict = co_await pool.workers_[trip.worker]->claims().beginTry(attempt);
  --pool.busy_;
  const auto expected = pool.tries_.begin(pool.workers_[trip.worker]->instance().value, attempt);
  EXPECT_TRUE(verdict.ok() && *verdict == expected) << "a try's verdict";
  const bool isBegun = verdict.ok() && *verdict == store::TryVerdict::go;
  trip.gone = isBegun && trip.crash == Crash::take;
  if (trip.gone) co_return dead;
  co_return verdict;
}

void Pool::endTry(const Trip& trip, int64_t hash) {
  if (trip.gone) return;
  const int owner = workers_[trip.worker]->instance().value;
  workers_[trip.worker]->claims().endTry(hash);
  tries_.end(owner, hash);
  ending_.emplace_back(owner, hash);
}

// Nobody waits for the end of a try.
void Pool::awaitEnds() {
  for (const auto& [owner, hash] : ending_) {
    const auto left = [&, owner = std::to_string(owner), hash = std::to_string(hash)] {
      return test_.value(
          "select count(*) from tidings.tries where owner = $1::int and hash = $2::bigint",
          {owner, hash});
    };
    for (int i = 0; i < 1000 && left() != "0"; ++i) test_.run(sleepFor(test_.loop, Millis{1}));
    ASSERT_EQ(left(), "0") << "a try does not end";
  }
  ending_.clear();
}

Task<Result<store::TakenOver>> Pool::settle(Trip& trip, std::vector<store::Settlement> rows) {
  const Error dead{ErrorKind::cancelled, "its worker died"};
  Pool& pool = trip.pool;
  trip.gone = trip.gone || trip.crash == Crash::send;
  if (trip.gone) {
    pool.late_.push_back(std::move(rows));
    co_return dead;
  }
  for (const auto& row : rows) pool.checkSettlement(trip, row);
  ++pool.busy_;
  auto settled = co_await pool.workers_[trip.worker]->claims().settle(rows);
  // Its answer was lost, and it runs again.
  if (pool.dice_.chance(10)) {
    settled = co_await pool.workers_[trip.worker]->claims().settle(rows);
  }
  --pool.busy_;
  EXPECT_TRUE(settled.ok());
  for (const auto& row : rows) pool.model_.settle(row);
  trip.gone = trip.gone || trip.crash == Crash::settle;
  if (trip.gone) co_return dead;
  co_return settled;
}

Task<Status> Pool::enqueue(Trip& trip, queue::Outgoing message) {
  const Error dead{ErrorKind::cancelled, "its worker died"};
  if (trip.gone) co_return dead;
  Pool& pool = trip.pool;
  const WallTime now = pool.test_.clock.clock().wall();
  queue::Incoming in;
  in.body = std::move(message.body);
  in.bodySize = in.body.size();
  in.properties = std::move(message.properties);
  in.queue = message.routingKey;
  in.type = type;
  in.lane = queue::Lane::retry;
  if (message.routingKey == queue::deadQueue(type)) {
    pool.dead_.push_back(std::move(in));
  } else {
    Millis delay{0};
    for (const queue::Rung& rung : queue::rungs()) {
      if (rung.exchange == message.exchange) delay = rung.delay;
    }
    pool.waiting_.push_back({std::move(in), now + delay, ++pool.numbers_});
  }
  trip.gone = trip.crash == Crash::publish;
  co_return done;
}

}  // namespace tidings::delivery
