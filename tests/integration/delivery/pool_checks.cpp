// What the pool holds against the model, at each step and in the end.
#include <algorithm>

#include "integration/delivery/pool.h"

namespace tidings::delivery {

using notification::DeliveryState;
using store::ClaimAnswer;
using store::Verdict;

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

void Pool::compare() {
  const pg::Rows rows = test_.sql(
      "select e.notification_id, e.address, "
      "string_agg(e.state || ' ' || coalesce(e.reason, '') || ' ' || e.attempt, ', ' order by "
      "e.at) "
      "from tidings.delivery_events e where e.recipient = $1 group by 1, 2",
      {recipient_});
  ASSERT_EQ(static_cast<size_t>(rows.size()), model_.lives().size());
  for (int row = 0; row < rows.size(); ++row) {
    const LifeKey key{std::string(rows.text(row, 0)), std::string(rows.text(row, 1))};
    const auto life = model_.lives().find(key);
    ASSERT_NE(life, model_.lives().end()) << key.first;
    std::string expected;
    for (const std::string& entry : life->second.timeline) {
      expected += (expected.empty() ? "" : ", ") + entry;
    }
    ASSERT_EQ(rows.text(row, 2), expected) << key.first;
  }
}

// Of those that died unclaimed, or of the others. Nothing in particular: they owe everything.
std::set<LifeKey> Pool::owedByLetters(bool unclaimed) const {
  std::set<LifeKey> all;
  for (const queue::Incoming& letter : dead_) {
    const auto headers = queue::readHeaders(letter.properties.headers);
    if (headers.death->channel.empty() != unclaimed) continue;
    for (const auto& address : profile_->addresses) {
      const notification::Target target{address.channel, address.address};
      const auto& owed = headers.owed;
      const bool owes = owed.empty() || std::find(owed.begin(), owed.end(), target) != owed.end();
      if (owes) all.insert({parsed(letter)["id"], address.address});
    }
  }
  return all;
}

void Pool::expectNothingLost() {
  const std::set<LifeKey> letters = owedByLetters(false), unclaimed = owedByLetters(true);
  for (const std::string& body : bodies_) {
    for (const auto& address : profile_->addresses) {
      const LifeKey key{nlohmann::json::parse(body)["id"], address.address};
      const bool isSetAside = unclaimed.contains(key);
      const auto life = model_.lives().find(key);
      if (life == model_.lives().end()) {
        EXPECT_TRUE(isSetAside) << key.first << " was never seen";
        continue;
      }
      EXPECT_TRUE(isFinal(life->second.state) || isSetAside) << key.first << " waits for nothing";
      if (life->second.state == DeliveryState::dead) {
        EXPECT_TRUE(letters.contains(key) || isSetAside) << key.first << " has no dead letter";
      }
    }
  }
}

}  // namespace tidings::delivery
