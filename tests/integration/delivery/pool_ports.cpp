#include <filesystem>

#include "base/rfc3339.h"
#include "integration/delivery/pool.h"
#include "queue/ladder.h"
#include "queue/topology.h"

// What the journeys have instead of a broker, a provider and the network to the store; what they do
// with it is compared with the model.
namespace tidings::delivery {
namespace {

using notification::DeliveryState;
using notification::Outcome;
using store::ClaimAnswer;
using store::Verdict;

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
  if (job.tried) pool.tries_.end(pool.workers_[trip.worker]->instance().value, *job.tried);
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

void Pool::checkClaim(Trip& trip, const store::JobClaim& job,
                      const std::vector<ClaimAnswer>& answers) {
  const int owner = workers_[trip.worker]->instance().value;
  for (size_t i = 0; i < answers.size(); ++i) {
    const LifeKey key{job.notificationId, job.items[i].target.address};
    const auto expected = model_.claim(owner, job, i);
    EXPECT_EQ(toString(answers[i].verdict), toString(expected.verdict)) << key.first;
    const bool ours =
        expected.verdict == Verdict::claimed || expected.verdict == Verdict::takenOver;
    if (ours) model_.claimed(key, answers[i].ticket.token);
    if (ours) trip.before[key.second] = answers[i].attempt;
    if (expected.verdict == Verdict::takenOver) trip.takenOver.insert(key.second);
    if (!ours && expected.verdict != Verdict::followUp) continue;
    EXPECT_EQ(answers[i].attempt, expected.attempt) << key.first;
    if (!answers[i].followUp) continue;
    EXPECT_EQ(toString(answers[i].followUp->state), toString(model_.lives().at(key).state));
    EXPECT_EQ(answers[i].followUp->reason, model_.lives().at(key).reason);
  }
}

Task<Status> Pool::settle(Trip& trip, std::vector<store::Settlement> rows) {
  const Error dead{ErrorKind::cancelled, "its worker died"};
  Pool& pool = trip.pool;
  trip.gone = trip.gone || trip.crash == Crash::send;
  if (trip.gone) {
    pool.late_.push_back(std::move(rows));
    co_return dead;
  }
  for (const auto& row : rows) pool.checkSettlement(trip, row);
  ++pool.busy_;
  Status settled = co_await pool.workers_[trip.worker]->claims().settle(rows);
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

AttemptRules Pool::rulesFor(const Trip& trip) const {
  const auto& settings = config_.types.at(type);
  const WallTime published = publishedAt_.at(trip.waiting.message.body);
  const WallTime due = sendAtOf(trip.waiting.message).value_or(published);
  const auto age = test_.clock.clock().wall() - std::max(published, due);
  return {.attempts = settings.retry.attempts,
          .skipsUncertain = settings.onUncertain == config::OnUncertain::skip,
          .expires = parsed(trip.waiting.message).contains("expiresAt"),
          .isOld = age >= patience,
          .isEarly = due > trip.began};
}

void Pool::checkSettlement(const Trip& trip, const store::Settlement& row) {
  AttemptRules rules = rulesFor(trip);
  const auto answer = trip.answers.find(row.target.address);
  const Answered answered = answer == trip.answers.end() ? std::nullopt : Answered(answer->second);
  rules.stopping = answered && answered->code == stopped;
  rules.takenOver = trip.takenOver.contains(row.target.address);
  const auto may = mayFollow(answered, trip.before.at(row.target.address), rules);
  const std::string is =
      std::string(toString(row.state)) + " " + row.reason + " " + std::to_string(row.attempt);
  EXPECT_TRUE(may.contains(is)) << is << " instead of " << testing::PrintToString(may);
  const bool waits = row.state == DeliveryState::retrying || row.state == DeliveryState::deferred;
  EXPECT_EQ(row.nextAttemptIn.has_value(), waits) << is;
}

// What the journal calls sent is never sent again; nor, where the type says so, what may have been.
void Pool::checkSend(const Trip& trip, const std::string& address) {
  const LifeKey key{parsed(trip.waiting.message)["id"], address};
  EXPECT_FALSE(model_.lives().at(key).wasSent()) << key.first << " is sent a second time";
  const WallTime now = test_.clock.clock().wall();
  EXPECT_LE(sendAtOf(trip.waiting.message).value_or(now), now) << key.first << " is sent too early";
  if (rulesFor(trip).skipsUncertain) {
    EXPECT_FALSE(mayHaveArrived_.contains(key)) << key.first << " may be sent a second time";
  }
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
