#include "integration/delivery/pool.h"

#include <algorithm>

#include "base/rfc3339.h"
#include "notification/notification.h"
#include "queue/ladder.h"
#include "queue/topology.h"
#include "replay.h"
#include "runtime/loop_sleep.h"

namespace tidings::delivery {
namespace {

using namespace std::chrono_literals;
using notification::Outcome;
using notification::OutcomeKind;

constexpr int poolSize = 3;
constexpr Millis longestWait = 30 * 24h;

Task<void> aMoment(Loop& loop) { co_await sleepFor(loop, Millis{1}); }

}  // namespace

Trip::Trip(Pool& of, int who, Waiting what, Crash when)
    : pool(of),
      worker(who),
      waiting(std::move(what)),
      began(of.test_.clock.clock().wall()),
      crash(when) {
  journeys = std::make_unique<Journeys>(pool.test_.loop, pool.portsOf(*this), pool.observer_,
                                        pool.settingsFor(*this), stops);
}
Trip::~Trip() = default;

Pool::Pool(store::DatabaseTest& test, Dice& dice)
    : test_(test),
      dice_(dice),
      recipient_(test.name(std::to_string(dice.bits() % 1'000'000))),
      log_(test.clock.clock(), {.level = observe::LogLevel::off}) {
  config_.types[type] = {
      .name = type,
      .channels = {"push"},
      .templateName = type,
      .retry = {.attempts = dice.from(1, 4), .base = 1s, .factor = 2, .max = 60s},
      .onUncertain = dice.chance(50) ? config::OnUncertain::skip : config::OnUncertain::resend};
  profile_->known = true;
  profile_->addresses = {{"push", "device-1"}};
  if (dice.chance(40)) profile_->addresses.push_back({"push", "device-2"});
  for (int i = 0; i < poolSize; ++i) workers_.push_back(std::make_unique<store::Member>(test));
}

Pool::~Pool() {
  for (int i = 0; i < poolSize; ++i) die(i);
}

void Pool::publish() {
  nlohmann::json body{{"id", recipient_ + "-n" + std::to_string(bodies_.size())},
                      {"type", type},
                      {"recipient", recipient_},
                      {"title", "Hi"}};
  const WallTime now = test_.clock.clock().wall();
  if (dice_.chance(20)) body["expiresAt"] = formatRfc3339(now + Millis{dice_.from(1, 900'000)});
  if (dice_.chance(20)) body["sendAt"] = formatRfc3339(now + dice_.delay(1s, longestWait));
  bodies_.push_back(body.dump());
  publishedAt_[bodies_.back()] = now;
  send(bodies_.back());
}

void Pool::repeat() { send(dice_.oneOf(bodies_)); }

void Pool::send(const std::string& body) {
  queue::Incoming in;
  in.body = body;
  in.bodySize = in.body.size();
  in.queue = queue::typeQueue(type);
  in.type = type;
  waiting_.push_back({std::move(in), test_.clock.clock().wall(), ++numbers_});
}

bool Pool::anyReady() const {
  const WallTime now = test_.clock.clock().wall();
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [now](const Waiting& each) { return each.readyAt <= now; });
}

void Pool::take(Crash crash) {
  if (!anyReady()) return;
  const WallTime now = test_.clock.clock().wall();
  size_t which = dice_.upTo(waiting_.size());
  while (waiting_[which].readyAt > now) which = (which + 1) % waiting_.size();
  takeThis(which, crash, dice_.from(0, poolSize - 1));
}

void Pool::takeThis(size_t which, Crash crash, int worker) {
  Waiting next = std::move(waiting_[which]);
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(which));
  // The last two seconds are held: they pass here.
  const auto notBefore = queue::readHeaders(next.message.properties.headers).notBefore;
  const Millis rest = notBefore ? *notBefore - test_.clock.clock().wall() : Millis{0};
  if (rest > Millis{0} && rest <= queue::holdAtMost) test_.clock.jump(rest);
  queue::Incoming message = next.message;
  Trip& trip = *trips_.emplace_back(std::make_unique<Trip>(*this, worker, std::move(next), crash));
  trip.journeys->take(std::move(message));
  settleDown();
}

std::vector<std::pair<Trip*, size_t>> Pool::out() {
  std::vector<std::pair<Trip*, size_t>> all;
  for (const auto& trip : trips_) {
    for (size_t i = 0; i < trip->asked.size(); ++i) all.emplace_back(trip.get(), i);
  }
  return all;
}

void Pool::answer() {
  const auto all = out();
  if (all.empty()) return;
  const auto [trip, which] = dice_.oneOf(all);
  giveAnswer(*trip, which, someOutcome(*trip));
  settleDown();
}

Outcome Pool::someOutcome(Trip& trip) {
  static const std::vector<std::pair<int, OutcomeKind>> kinds{
      {40, OutcomeKind::sent},      {55, OutcomeKind::transient},    {65, OutcomeKind::throttled},
      {75, OutcomeKind::permanent}, {85, OutcomeKind::unknown},      {89, OutcomeKind::auth},
      {92, OutcomeKind::tooLarge},  {94, OutcomeKind::recipientGone}};
  Outcome outcome{.kind = OutcomeKind::transient, .code = {}, .error = "as the dice fell"};
  const int roll = dice_.from(1, 100);
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [roll](const auto& each) { return roll <= each.first; });
  if (kind == kinds.end()) {
    trip.stops.stopSends();  // it was told to stop before anything was sent
    outcome.code = stopped;
    outcome.nothingSent = true;
    return outcome;
  }
  outcome.kind = kind->second;
  outcome.nothingSent = outcome.kind == OutcomeKind::transient && dice_.chance(50);
  if (dice_.chance(50)) outcome.retryAfter = Millis{dice_.from(0, 600'000)};
  return outcome;
}

void Pool::giveAnswer(Trip& trip, size_t which, Outcome outcome) {
  const auto at = trip.asked.begin() + static_cast<std::ptrdiff_t>(which);
  const auto asked = std::make_shared<Trip::Asked>(std::move(*at));
  trip.asked.erase(at);
  // Stopped, the others of the trip were not sent either.
  if (trip.stops.sends().stop_requested()) {
    outcome = {.kind = OutcomeKind::transient, .code = stopped, .nothingSent = true};
  }
  const bool lost = trip.gone || trip.crash == Crash::send;
  const bool proved = outcome.kind != OutcomeKind::transient || outcome.nothingSent;
  if (outcome.kind == OutcomeKind::unknown || (!proved && !lost) ||
      (outcome.kind == OutcomeKind::sent && lost)) {
    mayHaveArrived_.insert({parsed(trip.waiting.message)["id"], asked->address});
  }
  trip.answers[asked->address] = outcome;
  asked->answer->set(std::move(outcome));
  // The waiter has it only in the loop's next turn.
  test_.loop.post([asked] {});
}

// Until each journey has ended or waits for its provider.
void Pool::settleDown() {
  const auto calm = [this] {
    return busy_ == 0 && std::all_of(trips_.begin(), trips_.end(), [](const auto& trip) {
             return trip->ended() || !trip->asked.empty();
           });
  };
  test_.run(aMoment(test_.loop));
  ASSERT_TRUE(test_.until(calm)) << "a journey hangs";
  for (const auto& trip : trips_) {
    if (trip->gone) {
      die(trip->worker);
      break;
    }
  }
  reap();
  awaitEnds();
}

// What is over: acked, or with the broker again.
void Pool::reap() {
  for (auto trip = trips_.begin(); trip != trips_.end();) {
    if (!(*trip)->ended()) {
      ++trip;
      continue;
    }
    if (!(*trip)->acked && !(*trip)->returned) {
      (*trip)->waiting.message.redelivered = true;
      waiting_.push_back(std::move((*trip)->waiting));
    }
    trip = trips_.erase(trip);
  }
}

void Pool::kill() { die(dice_.from(0, poolSize - 1)); }

void Pool::die(int worker) {
  for (const auto& trip : trips_) {
    if (trip->worker != worker) continue;
    trip->gone = true;
    while (!trip->asked.empty()) {
      const bool arrived = dice_.chance(50);
      giveAnswer(*trip, 0, {.kind = arrived ? OutcomeKind::sent : OutcomeKind::transient});
    }
  }
  const auto over = [this, worker] {
    return std::all_of(trips_.begin(), trips_.end(), [worker](const auto& trip) {
      return trip->worker != worker || trip->ended();
    });
  };
  ASSERT_TRUE(test_.until(over)) << "a journey outlives its worker";
  model_.die(workers_[worker]->instance().value);
  tries_.die(workers_[worker]->instance().value);
  workers_[worker]->leave();
  workers_[worker] = std::make_unique<store::Member>(test_);
  reap();
}

// The worker lives and goes on; the broker delivers what it had to somebody else.
void Pool::breakChannel() {
  const int worker = dice_.from(0, poolSize - 1);
  for (const auto& trip : trips_) {
    if (trip->worker != worker || trip->returned) continue;
    trip->returned = true;
    Waiting again = trip->waiting;
    again.message.redelivered = true;
    waiting_.push_back(std::move(again));
  }
}

// What a worker had under way when it was taken for dead reaches the server after all.
void Pool::settleLate() {
  if (late_.empty()) return;
  const auto rows = dice_.oneOf(late_);
  workers_.front()->settle(rows);
  for (const auto& row : rows) model_.settle(row);
}

// Killed before it took the letter away, a replay leaves it behind.
void Pool::replay() {
  if (dead_.empty()) return;
  const auto which = dead_.begin() + static_cast<std::ptrdiff_t>(dice_.upTo(dead_.size()));
  queue::DeadLetter letter;
  letter.body = which->body;
  letter.properties = which->properties;
  letter.headers = queue::readHeaders(which->properties.headers);
  queue::Outgoing out = cli::replayOf(type, letter);
  queue::Incoming in;
  in.body = std::move(out.body);
  in.bodySize = in.body.size();
  in.properties = std::move(out.properties);
  in.queue = out.routingKey;
  in.type = type;
  waiting_.push_back({std::move(in), test_.clock.clock().wall(), ++numbers_});
  if (dice_.chance(70)) dead_.erase(which);
}

void Pool::passTime() {
  if (dice_.chance(60)) {
    jumpToNext();
  } else {
    test_.clock.jump(dice_.chance(90) ? Millis{dice_.from(1, 600'000)}
                                      : dice_.delay(1h, longestWait));
  }
}

void Pool::jumpToNext() {
  if (waiting_.empty() || anyReady()) return;
  const auto next =
      std::min_element(waiting_.begin(), waiting_.end(),
                       [](const Waiting& a, const Waiting& b) { return a.readyAt < b.readyAt; });
  test_.clock.jump(next->readyAt - test_.clock.clock().wall());
}

void Pool::calmDown() {
  for (int i = 0; i < 10'000 && !testing::Test::HasFailure(); ++i) {
    if (const auto all = out(); !all.empty()) {
      all.front().first->crash = Crash::never;
      giveAnswer(*all.front().first, all.front().second, {.kind = OutcomeKind::sent});
      settleDown();
    } else if (!waiting_.empty()) {
      jumpToNext();
      take(Crash::never);
    } else {
      return;
    }
  }
  ADD_FAILURE() << "it does not come to an end";
}

}  // namespace tidings::delivery
