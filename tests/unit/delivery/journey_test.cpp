#include "delivery/journey.h"

#include <gmock/gmock.h>

#include "base/rfc3339.h"
#include "unit/delivery/journey_fixture.h"

namespace tidings::delivery {
namespace {

TEST_F(JourneyTest, ClaimsSendsSettlesAndOnlyThenAcks) {
  travel();
  EXPECT_EQ(steps, (std::vector<std::string>{"claim", "settle", "ack"}));
  ASSERT_EQ(provider->sent.size(), 1u);
  EXPECT_EQ(provider->sent[0].address, "device-1");
  EXPECT_EQ(provider->sent[0].title, "Hi");
  EXPECT_EQ(settled.at(0).state, DeliveryState::sent);
  EXPECT_EQ(settled.at(0).providerMessageId, "pm-1");
}

TEST_F(JourneyTest, ARetryIsSettledThenPublishedThenAcked) {
  provider->answer = OutcomeKind::transient;
  travel();
  EXPECT_EQ(steps, (std::vector<std::string>{"claim", "settle", "publish", "ack"}));
  EXPECT_EQ(settled.at(0).state, DeliveryState::retrying);
  EXPECT_EQ(published.at(0).routingKey, "notifications.comment.retry");
  EXPECT_EQ(headersOf(0).attempt, 1);
  EXPECT_EQ(headersOf(0).owed, (std::vector<notification::Target>{{"push", "device-1"}}));
  EXPECT_EQ(published.at(0).body, body()) << "the body is never touched";
}

TEST_F(JourneyTest, WithoutASettlementNothingFollowsAndNothingIsAcked) {
  provider->answer = OutcomeKind::transient;
  settleStatus = Error{ErrorKind::cancelled, "stopping"};
  travel();
  EXPECT_TRUE(published.empty());
  EXPECT_FALSE(acked);
}

// A dead letter was published for a delivery that the journal calls sent.
TEST_F(JourneyTest, OfADeliveryThatWasTakenOverNothingIsToldAndNothingFollows) {
  profile->addresses.push_back({"push", "device-2"});
  provider->answer = OutcomeKind::permanent;
  takenOver = {0};
  travel();
  EXPECT_EQ(settled.size(), 2u);
  ASSERT_EQ(published.size(), 1u);
  EXPECT_EQ(headersOf(0).owed, (std::vector<notification::Target>{{"push", "device-2"}}));
  EXPECT_THAT(metrics.text(),
              testing::HasSubstr(R"(tidings_dead_total{reason="permanent",type="comment"} 1)"));
  EXPECT_TRUE(acked);
}

TEST_F(JourneyTest, AFollowUpIsRepeatedUntilItIsConfirmed) {
  provider->answer = OutcomeKind::permanent;
  publishStatuses = {Error{ErrorKind::uncertain, "no confirm"}};
  travel();
  EXPECT_EQ(published.size(), 1u);
  EXPECT_TRUE(acked);
  EXPECT_EQ(steps.back(), "ack");
}

queue::Incoming withExtras(queue::Incoming in) {
  in.properties.messageId = "m-1";
  in.properties.correlationId = "c-1";
  in.properties.headers = {{"foreign", std::string(50'000, 'f')}};
  return in;
}

// A broker whose frames are smaller than usual: it was tried each second, for ever.
TEST_F(JourneyTest, WhatCanNotBeSentGoesWithoutWhatTheAppAdded) {
  provider->answer = OutcomeKind::permanent;
  publishStatuses = {Error{ErrorKind::permanent, "headers are too large"}};
  travel(withExtras(message(body())));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_NE(amqp::findText(refused[0].properties.headers, "foreign"), nullptr);
  ASSERT_EQ(published.size(), 1u);
  const amqp::Properties& properties = published[0].properties;
  EXPECT_EQ(amqp::find(properties.headers, "foreign"), nullptr);
  EXPECT_EQ(properties.correlationId, "");
  EXPECT_EQ(properties.messageId, "m-1") << "which may be the job's id";
  EXPECT_EQ(published[0].body, body());
  EXPECT_EQ(headersOf(0).death->reason, "permanent");
  EXPECT_TRUE(acked);
}

TEST_F(JourneyTest, WhatCanNotBeSentAtAllStaysWithTheBroker) {
  provider->answer = OutcomeKind::permanent;
  const Error tooLarge{ErrorKind::permanent, "message size is larger than configured"};
  publishStatuses = {tooLarge, tooLarge};
  travel(withExtras(message(body())));
  EXPECT_EQ(refused.size(), 2u);
  EXPECT_TRUE(published.empty());
  EXPECT_FALSE(acked);
}

TEST_F(JourneyTest, AStopBeforeTheConfirmLeavesTheMessageUnacked) {
  provider->answer = OutcomeKind::permanent;
  publishStatuses = {Error{ErrorKind::cancelled, "closing"}};
  travel();
  EXPECT_FALSE(acked);
}

TEST_F(JourneyTest, PermanentFailuresAreDeadLetteredWithTheirReason) {
  provider->answer = OutcomeKind::permanent;
  travel();
  EXPECT_EQ(published.at(0).routingKey, "notifications.comment.dead");
  const auto death = headersOf(0).death;
  ASSERT_TRUE(death);
  EXPECT_EQ(death->reason, "permanent");
  EXPECT_EQ(death->error, "refused");
  EXPECT_EQ(death->provider, "fcm");
  EXPECT_EQ(death->queue, "notifications.comment");
}

TEST_F(JourneyTest, MalformedBytesAreDeadLetteredUntouched) {
  travel(message("{\"id\":"));
  EXPECT_EQ(steps, (std::vector<std::string>{"publish", "ack"}));
  EXPECT_EQ(published.at(0).body, "{\"id\":");
  EXPECT_EQ(headersOf(0).death->reason, "malformed");
}

TEST_F(JourneyTest, ATypeThatNobodyConfiguredIsUnknownNotMalformed) {
  travel(message(R"({"id":"n1","type":"nope","recipient":"u1"})"));
  EXPECT_EQ(headersOf(0).death->reason, "unknown_type");
}

TEST_F(JourneyTest, AMessageInTheQueueOfAnotherTypeIsMalformed) {
  config.types["like"] = {.name = "like", .channels = {"push"}, .templateName = "like"};
  travel(message(R"({"id":"n1","type":"like","recipient":"u1"})"));
  EXPECT_EQ(headersOf(0).death->reason, "malformed");
  EXPECT_NE(headersOf(0).death->error.find("/type"), std::string::npos);
}

TEST_F(JourneyTest, ADuplicateIsAckedWithoutSending) {
  answers = {{.verdict = Verdict::duplicate}};
  travel();
  EXPECT_TRUE(provider->sent.empty());
  EXPECT_EQ(steps, (std::vector<std::string>{"claim", "ack"}));
}

TEST_F(JourneyTest, AnOptOutIsRecordedWithoutSending) {
  profile->preferences = {{"comment", "push", false}};
  answers = {{.verdict = Verdict::skipped}};
  travel();
  EXPECT_EQ(claims.at(0).items.at(0).skip, notification::SkipReason::optedOut);
  EXPECT_TRUE(provider->sent.empty());
  EXPECT_TRUE(acked);
}

TEST_F(JourneyTest, ATakeoverIsSentAgainUnlessTheTypeSaysSkip) {
  answers = {{.verdict = Verdict::takenOver}};
  travel();
  EXPECT_EQ(provider->sent.size(), 1u);

  config.types["comment"].onUncertain = config::OnUncertain::skip;
  travel();
  EXPECT_EQ(provider->sent.size(), 1u);
  EXPECT_EQ(settled.back().state, DeliveryState::skipped);
  EXPECT_EQ(settled.back().reason, "uncertain");
}

// An owner whose clock was ahead had sent it: it was deferred, and sent again when it was due.
TEST_F(JourneyTest, ATakeoverBeforeItsTimeIsUncertainTooUnlessNoClockIsThatWrong) {
  config.types["comment"].onUncertain = config::OnUncertain::skip;
  answers = {{.verdict = Verdict::takenOver}};
  const auto dueIn = [this](Millis wait) {
    return message(body(R"(,"sendAt":")" + formatRfc3339(clock.wall() + wait) + '"'));
  };
  travel(dueIn(1h));
  EXPECT_EQ(settled.at(0).state, DeliveryState::skipped);
  EXPECT_EQ(settled.at(0).reason, "uncertain");
  EXPECT_TRUE(published.empty());

  travel(dueIn(48h));
  EXPECT_EQ(settled.at(1).state, DeliveryState::deferred);
  EXPECT_EQ(settled.at(1).reason, "send_at");
}

TEST_F(JourneyTest, AnOwnerThatStillLivesIsLookedAtAgainSoon) {
  answers = {{.verdict = Verdict::busy}};
  queue::Incoming in = message(body());
  in.redelivered = true;
  travel(std::move(in));
  EXPECT_TRUE(claims.at(0).redelivered);
  EXPECT_TRUE(headersOf(0).recheck);
  EXPECT_EQ(headersOf(0).attempt, 0);
  EXPECT_TRUE(acked);
}

TEST_F(JourneyTest, ASuspectIsClaimedAgainAlone) {
  answers = {{.verdict = Verdict::suspect}, {.verdict = Verdict::takenOver}};
  travel();
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_FALSE(claims[0].exclusive);
  EXPECT_TRUE(claims[1].exclusive);
  EXPECT_EQ(provider->sent.size(), 1u);
}

TEST_F(JourneyTest, OnlyWhatWasDeliveredBeforeIsRecordedBeforeItIsRead) {
  travel();
  EXPECT_TRUE(tries.empty());
  EXPECT_FALSE(claims.at(0).tried);
  travel(redelivered(message(body())));
  EXPECT_EQ(steps,
            (std::vector<std::string>{"claim", "settle", "ack", "try", "claim", "settle", "ack"}));
  EXPECT_FALSE(tries.at(0).alone);
  EXPECT_EQ(claims.at(1).tried, tries.at(0).hash) << "its record ends with the claim";
  EXPECT_TRUE(endedTries.empty());
}

TEST_F(JourneyTest, TheRecordIsOfTheMessageInWhicheverQueueOfItsTypeItIs) {
  queue::Incoming again = redelivered(message(body()));
  travel(again);
  again.queue = "notifications.comment.retry";
  again.lane = queue::Lane::retry;
  travel(again);
  EXPECT_EQ(tries.at(0).hash, tries.at(1).hash);
  again.properties.messageId = "another";
  travel(again);
  again.body += ' ';
  travel(again);
  EXPECT_NE(tries.at(1).hash, tries.at(2).hash);
  EXPECT_NE(tries.at(2).hash, tries.at(3).hash);
}

TEST_F(JourneyTest, WhatEndsWithoutAClaimEndsItsRecordAfterTheAck) {
  travel(redelivered(message("{\"id\":")));
  EXPECT_EQ(steps, (std::vector<std::string>{"try", "publish", "ack"}));
  EXPECT_EQ(endedTries, (std::vector<int64_t>{tries.at(0).hash}));
}

TEST_F(JourneyTest, WhatTheDatabaseCanNotHoldEndsItsRecordToo) {
  claimStatus = Error{ErrorKind::invalid, "text with a zero byte"};
  travel(redelivered(message(body())));
  EXPECT_EQ(endedTries.size(), 1u);
}

TEST_F(JourneyTest, WhatAWorkerDiedWithGoesAlone) {
  verdicts = {store::TryVerdict::alone, store::TryVerdict::go};
  travel(redelivered(message(body())));
  ASSERT_EQ(tries.size(), 2u);
  EXPECT_FALSE(tries[0].alone);
  EXPECT_TRUE(tries[1].alone);
  EXPECT_EQ(provider->sent.size(), 1u);
}

TEST_F(JourneyTest, ASuspectStaysAloneUntilItsEnd) {
  verdicts = {store::TryVerdict::alone, store::TryVerdict::go};
  answers = {{.verdict = Verdict::takenOver}};
  travel(redelivered(message(body())));
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_TRUE(claims[0].exclusive);
  EXPECT_EQ(provider->sent.size(), 1u);
}

TEST_F(JourneyTest, ASuspectOfTheClaimDoesNotWaitForItself) {
  answers = {{.verdict = Verdict::suspect}, {.verdict = Verdict::takenOver}};
  const MonoTime start = clock.mono();
  travel(redelivered(message(body())));
  EXPECT_LT(clock.mono() - start, 1500ms);
  EXPECT_TRUE(claims.at(1).exclusive);
}

TEST_F(JourneyTest, PoisonThatWasNeverClaimedIsBuriedUnread) {
  verdicts = {store::TryVerdict::poison};
  travel(redelivered(message("\x01 not read")));
  EXPECT_EQ(steps, (std::vector<std::string>{"try", "publish", "ack"}));
  EXPECT_EQ(published.at(0).routingKey, "notifications.comment.dead");
  EXPECT_EQ(published.at(0).body, "\x01 not read");
  EXPECT_EQ(headersOf(0).death->reason, "poison");
  EXPECT_EQ(headersOf(0).death->error, "its workers died three times before it was claimed");
  EXPECT_EQ(endedTries.size(), 1u);
}

TEST_F(JourneyTest, WhatALivingWorkerTriesIsLookedAtAgainSoonAndKeepsItsRecord) {
  verdicts = {store::TryVerdict::busy};
  travel(redelivered(message(body())));
  EXPECT_EQ(steps, (std::vector<std::string>{"try", "publish", "ack"}));
  EXPECT_TRUE(headersOf(0).recheck);
  EXPECT_FALSE(published.at(0).exchange.empty()) << "down the delay ladder";
  EXPECT_TRUE(endedTries.empty());
}

TEST_F(JourneyTest, WhatTheBrokerIsAboutToGiveUpCountsAnewAndStaysOneThatWasDelivered) {
  queue::Incoming in = redelivered(message(body()));
  in.deliveryCount = 8;
  travel(in);
  EXPECT_EQ(steps, (std::vector<std::string>{"publish", "ack"}));
  EXPECT_EQ(published.at(0).routingKey, "notifications.comment.retry");
  EXPECT_TRUE(headersOf(0).recheck);
  EXPECT_EQ(published.at(0).body, body());

  queue::Incoming back = message(body());
  back.properties.headers = published.at(0).properties.headers;
  travel(back);
  EXPECT_EQ(tries.size(), 1u);
  EXPECT_TRUE(claims.at(0).redelivered);
}

// It held the suspect up for ever: what was to be published first was its own job's letter.
TEST_F(JourneyTest, ASuspectDoesNotWaitForThePoisonOfItsOwnJob) {
  profile->addresses.push_back({"push", "device-2"});
  answers = {
      {.verdict = Verdict::poison}, {.verdict = Verdict::suspect}, {.verdict = Verdict::takenOver}};
  const MonoTime start = clock.mono();
  travel();
  EXPECT_LT(clock.mono() - start, 1500ms);
  EXPECT_EQ(headersOf(0).death->reason, "poison");
  EXPECT_EQ(provider->sent.size(), 1u);
}

TEST_F(JourneyTest, WhatIsNotKeptWholeIsNeitherTriedNorPublishedAgain) {
  queue::Incoming in = redelivered(message(body()));
  in.truncated = true;
  in.bodySize = 17 << 20;
  in.deliveryCount = 8;
  travel(std::move(in));
  EXPECT_EQ(steps, (std::vector<std::string>{"publish", "ack"}));
  EXPECT_EQ(headersOf(0).death->reason, "malformed");
}

TEST_F(JourneyTest, TheNextChunkOfATopicIsNotOneThatComesBack) {
  for (int i = 0; i < 500; ++i) subscribers.push_back("s" + std::to_string(1000 + i));
  queue::Incoming in = message(R"({"id":"n1","type":"comment","topic":"news","title":"Hi"})");
  queue::JobHeaders headers;
  headers.recheck = true;
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(in));
  EXPECT_EQ(tries.size(), 1u);
  EXPECT_FALSE(headersOf(500).recheck);
  EXPECT_EQ(endedTries.size(), 1u);
}

TEST_F(JourneyTest, AMessageThatIsNotYetDueKeepsItsTimeWhenItCountsAnew) {
  queue::JobHeaders headers;
  headers.notBefore = clock.wall() + 60s;
  queue::Incoming in = redelivered(message(body()));
  in.properties.headers = queue::writeHeaders(headers, {});
  in.deliveryCount = 8;
  travel(std::move(in));
  EXPECT_EQ(headersOf(0).notBefore, headers.notBefore);
}

TEST_F(JourneyTest, AStopBeforeTheRecordLeavesTheMessageUnacked) {
  tryStatus = Error{ErrorKind::cancelled, "stopping"};
  travel(redelivered(message(body())));
  EXPECT_EQ(steps, (std::vector<std::string>{"try"}));
  EXPECT_EQ(endedTries.size(), 1u) << "which may have been written";
}

// It counted as a death: the record stayed behind with an owner that was gone.
TEST_F(JourneyTest, AStopEndsTheRecordOfWhatItLeavesToAnotherWorker) {
  claimStatus = Error{ErrorKind::cancelled, "stopping"};
  travel(redelivered(message(body())));
  EXPECT_FALSE(acked);
  EXPECT_EQ(endedTries, (std::vector<int64_t>{tries.at(0).hash}));
}

// Ended by the claim, it told of no death: the log doesn't either, where nothing is to be sent.
TEST_F(JourneyTest, WhereOnlyAFollowUpIsLeftTheRecordEndsAfterTheAck) {
  ClaimAnswer answer{.verdict = Verdict::followUp, .attempt = 1};
  answer.followUp = store::FollowUp{.state = DeliveryState::dead, .reason = "permanent"};
  answers = {answer};
  travel(redelivered(message(body())));
  EXPECT_EQ(steps, (std::vector<std::string>{"try", "claim", "publish", "ack"}));
  EXPECT_EQ(endedTries, (std::vector<int64_t>{tries.at(0).hash}));
}

TEST_F(JourneyTest, WhatFailsThoughNothingStopsComesBackSoon) {
  const Error refused{ErrorKind::invalid, "refused"};
  settleStatus = refused;
  travel();
  EXPECT_EQ(steps, (std::vector<std::string>{"claim", "settle", "publish", "ack"}));
  profileStatus = refused;
  travel();
  tryStatus = refused;
  travel(redelivered(message(body())));
  ASSERT_EQ(published.size(), 3u);
  for (size_t i = 0; i < published.size(); ++i) {
    EXPECT_TRUE(headersOf(i).recheck);
    EXPECT_EQ(published[i].body, body());
    EXPECT_FALSE(published[i].exchange.empty()) << "down the delay ladder";
  }
  EXPECT_EQ(endedTries.size(), 1u);
}

TEST_F(JourneyTest, WhatFailsBecauseOfAStopIsLeftToAnotherWorker) {
  profileStatus = Error{ErrorKind::unreachable, "no session"};
  stops.stopWork();
  travel();
  EXPECT_TRUE(steps.empty());
}

TEST_F(JourneyTest, PoisonIsDeadLettered) {
  answers = {{.verdict = Verdict::poison}};
  travel();
  EXPECT_EQ(headersOf(0).death->reason, "poison");
  EXPECT_TRUE(provider->sent.empty());
}

TEST_F(JourneyTest, WhatWasSettledBeforeACrashIsPublishedAgain) {
  // The database's clock counts for what it says.
  ClaimAnswer answer{.verdict = Verdict::followUp, .attempt = 2, .now = clock.wall() + 1h};
  answer.followUp =
      store::FollowUp{.state = DeliveryState::retrying, .nextAttemptAt = clock.wall() + 1h + 30s};
  answers = {answer};
  travel();
  EXPECT_TRUE(provider->sent.empty());
  EXPECT_EQ(headersOf(0).attempt, 2);
  EXPECT_EQ(published.at(0).exchange, "tidings.delay.21s");
}

// Its worker died between the commit that wrote it dead and took its address off the profile, and
// the letter: nobody asked after it again.
TEST_F(JourneyTest, ADeadLetterIsNotLostWithTheAddressThatIsGone) {
  profile->addresses.clear();
  begun = {{"push", "device-1"}};
  ClaimAnswer answer{.verdict = Verdict::followUp, .attempt = 1};
  answer.followUp = store::FollowUp{.state = DeliveryState::dead, .reason = "recipient_gone"};
  answers = {answer};
  travel(redelivered(message(body())));
  EXPECT_EQ(askedAfter, (std::vector<std::string>{"n1 of u1"}));
  ASSERT_EQ(claims.at(0).items.size(), 1u) << "and nothing beside it";
  EXPECT_EQ(claims.at(0).items[0].target, begun[0]);
  EXPECT_EQ(claims.at(0).items[0].skip, notification::SkipReason::noAddress);
  EXPECT_EQ(headersOf(0).death->reason, "recipient_gone");
}

TEST_F(JourneyTest, NobodyAsksWhatWasBegunOfAMessageThatIsNewOrSaysWhatItOwes) {
  travel();
  queue::JobHeaders headers;
  headers.owed = {{"push", "device-1"}};
  queue::Incoming in = redelivered(message(body()));
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(in));
  EXPECT_EQ(claims.size(), 2u);
  EXPECT_TRUE(askedAfter.empty());
}

TEST_F(JourneyTest, SendAtIsWaitedForInTheBroker) {
  travel(message(body(R"(,"sendAt":"2999-01-01T00:00:00Z")")));
  EXPECT_TRUE(provider->sent.empty());
  EXPECT_EQ(settled.at(0).state, DeliveryState::deferred);
  EXPECT_EQ(settled.at(0).reason, "send_at");
  EXPECT_EQ(published.at(0).exchange, "tidings.delay.2592000s");
}

// Scheduled for later than a day, or deferred for as long, they died at the first throttling.
TEST_F(JourneyTest, PatienceWithProvidersBeginsWhenAWaitForItsTimeEnds) {
  const WallTime due = clock.wall() + 48h;
  travel(message(body(R"(,"sendAt":")" + formatRfc3339(due) + '"')));
  EXPECT_GE(headersOf(0).firstSeen, due - 1s);

  queue::JobHeaders headers;
  headers.firstSeen = clock.wall() - 25h;
  queue::Incoming in = message(body());
  in.properties.headers = queue::writeHeaders(headers, {});
  answers = {{.verdict = Verdict::capped, .now = clock.wall(), .freeAt = clock.wall() + 1h}};
  travel(in);
  EXPECT_GE(headersOf(1).firstSeen, clock.wall() + 59min);

  answers = {{.verdict = Verdict::claimed}};
  provider->answer = OutcomeKind::throttled;
  in.properties.headers = published.at(1).properties.headers;
  queue::JobHeaders back = queue::readHeaders(in.properties.headers);
  back.notBefore.reset();
  in.properties.headers = queue::writeHeaders(back, {});
  travel(std::move(in));
  EXPECT_EQ(settled.back().state, DeliveryState::retrying);
  EXPECT_EQ(headersOf(2).firstSeen, back.firstSeen) << "which throttling does not renew";
}

TEST_F(JourneyTest, AReplayIsNoFirstArrivalAndHasAllPatienceAgain) {
  queue::JobHeaders headers;
  headers.replay = true;
  queue::Incoming in = message(body(R"(,"createdAt":"2020-01-01T00:00:00Z")"));
  in.properties.headers = queue::writeHeaders(headers, {});
  provider->answer = OutcomeKind::throttled;
  travel(std::move(in));
  EXPECT_GE(headersOf(0).firstSeen, clock.wall() - 60s);
  EXPECT_THAT(metrics.text(),
              testing::Not(testing::HasSubstr("tidings_queue_wait_seconds_count{")));
}

TEST_F(JourneyTest, AMessageBackEarlyGoesDownTheLadderUntouched) {
  queue::JobHeaders headers;
  headers.attempt = 1;
  headers.notBefore = clock.wall() + 60s;
  queue::Incoming in = message(body());
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(in));
  EXPECT_EQ(steps, (std::vector<std::string>{"publish", "ack"}));
  EXPECT_EQ(headersOf(0).notBefore, headers.notBefore);
  EXPECT_EQ(headersOf(0).attempt, 1);
}

// A worker whose clock was ahead claimed it early and died: taken for a duplicate, it was never
// sent.
TEST_F(JourneyTest, AMessageThatComesBackEarlyStaysOneThatWasDelivered) {
  queue::JobHeaders headers;
  headers.attempt = 1;
  headers.notBefore = clock.wall() + 60s;
  queue::Incoming in = redelivered(message(body()));
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(in));
  EXPECT_TRUE(headersOf(0).recheck);

  headers.notBefore = clock.wall();
  headers.recheck = headersOf(0).recheck;
  queue::Incoming back = message(body());
  back.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(back));
  EXPECT_TRUE(claims.at(0).redelivered);
}

// Found by an hour of scripts/chaos: six messages waited an hour for their retry after a minute.
TEST_F(JourneyTest, AClockThatIsBehindPutsNothingOffForLongerThanWasLeft) {
  queue::JobHeaders headers;
  headers.notBefore = clock.wall() + 1h;
  headers.rest = 30ms;
  queue::Incoming in = message(body());
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(in);
  EXPECT_EQ(provider->sent.size(), 1u);

  headers.rest = 60s;
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(in));
  EXPECT_EQ(provider->sent.size(), 1u);
  EXPECT_EQ(published.at(0).exchange, "tidings.delay.55s");
  EXPECT_EQ(headersOf(0).rest, 5s);
}

TEST_F(JourneyTest, OnlyTheFirstArrivalCountsAsAWaitInTheQueue) {
  travel(message(body(R"(,"createdAt":"2020-01-01T00:00:00Z")")));
  queue::Incoming in = message(body(R"(,"createdAt":"2020-01-01T00:00:00Z")"));
  queue::JobHeaders headers;
  headers.attempt = 1;
  headers.firstSeen = clock.wall() - 60s;
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(in));
  EXPECT_THAT(metrics.text(),
              testing::HasSubstr(R"(tidings_queue_wait_seconds_count{type="comment"} 1)"));
}

TEST_F(JourneyTest, TheLastMomentOfAWaitIsHeldInMemory) {
  queue::JobHeaders headers;
  headers.notBefore = clock.wall() + 30ms;
  queue::Incoming in = message(body());
  in.properties.headers = queue::writeHeaders(headers, {});
  travel(std::move(in));
  ASSERT_EQ(provider->sent.size(), 1u);
  EXPECT_GE(clock.wall(), *headers.notBefore);
}

TEST_F(JourneyTest, AStopDuringTheHoldLeavesTheMessageUnacked) {
  queue::JobHeaders headers;
  headers.notBefore = clock.wall() + 1900ms;
  queue::Incoming in = message(body());
  in.properties.headers = queue::writeHeaders(headers, {});
  stops.stopWork();
  travel(std::move(in));
  EXPECT_TRUE(steps.empty());
}

TEST_F(JourneyTest, WhatAShutdownInterruptsLosesNoAttempt) {
  provider->answer = OutcomeKind::transient;
  provider->nothingSent = true;
  stops.stopSends();
  travel();
  EXPECT_EQ(steps, (std::vector<std::string>{"claim", "settle", "publish", "ack"}));
  EXPECT_EQ(settled.at(0).state, DeliveryState::retrying);
  EXPECT_EQ(settled.at(0).attempt, 0);
  EXPECT_EQ(headersOf(0).attempt, 0);
}

TEST_F(JourneyTest, WhatTheProviderMayHaveCountsInAShutdownToo) {
  provider->answer = OutcomeKind::unknown;
  stops.stopSends();
  travel();
  EXPECT_EQ(settled.at(0).attempt, 1);
}

TEST_F(JourneyTest, RecipientsFanOutIntoJobsOfTheirOwn) {
  travel(message(R"({"id":"n1","type":"comment","recipients":["a",7],"title":"Hi"})"));
  ASSERT_EQ(published.size(), 2u);
  EXPECT_EQ(published[0].routingKey, "notifications.comment");
  EXPECT_NE(published[1].body.find(R"("recipient":"7")"), std::string::npos) << published[1].body;
  EXPECT_TRUE(acked);
  EXPECT_TRUE(claims.empty());
}

TEST_F(JourneyTest, ATopicGoesInChunksWithAMarkOfThePlaceReached) {
  for (int i = 0; i < 500; ++i) subscribers.push_back("s" + std::to_string(1000 + i));
  travel(message(R"({"id":"n1","type":"comment","topic":"news","title":"Hi"})"));
  ASSERT_EQ(published.size(), 501u);
  EXPECT_EQ(published[0].routingKey, "notifications.comment");
  EXPECT_EQ(published[500].routingKey, "notifications.comment.retry");
  EXPECT_EQ(headersOf(500).topicAfter, "s1499");
  EXPECT_TRUE(acked);
}

TEST_F(JourneyTest, ATopicIsNotGoneOnWithBeforeItsChunkIsConfirmed) {
  for (int i = 0; i < 500; ++i) subscribers.push_back("s" + std::to_string(1000 + i));
  publishStatuses = {Error{ErrorKind::cancelled, "closing"}};
  travel(message(R"({"id":"n1","type":"comment","topic":"news","title":"Hi"})"));
  EXPECT_EQ(published.size(), 499u);
  EXPECT_FALSE(acked);
}

TEST_F(JourneyTest, ATopicWhoseSubscribersCanNeverBeReadIsDeadLettered) {
  subscribersStatus = Error{ErrorKind::invalid, "invalid byte sequence"};
  travel(message(R"({"id":"n1","type":"comment","topic":"news","title":"Hi"})"));
  ASSERT_EQ(published.size(), 1u);
  EXPECT_EQ(headersOf(0).death->reason, "permanent");
  EXPECT_EQ(headersOf(0).death->error,
            "the topic's subscribers could not be read: invalid byte sequence");
  EXPECT_TRUE(acked);
}

TEST_F(JourneyTest, AStopWhileTheSubscribersAreReadLeavesTheTopicUnacked) {
  subscribersStatus = Error{ErrorKind::cancelled, "stopped"};
  travel(message(R"({"id":"n1","type":"comment","topic":"news","title":"Hi"})"));
  EXPECT_TRUE(steps.empty());
}

TEST_F(JourneyTest, ManyCopiesOfALargeBodyAreNotHeldAtOnce) {
  std::string recipients = "\"u0\"";
  for (int i = 1; i < 1000; ++i) recipients += ",\"u" + std::to_string(i) + "\"";
  publishStatuses = {Error{ErrorKind::cancelled, "closing"}};
  travel(message(R"({"id":"n1","type":"comment","recipients":[)" + recipients + R"(],"message":")" +
                 std::string(100'000, 'x') + "\"}"));
  EXPECT_EQ(published.size(), 2u) << "one of the first three failed, and no more were made";
  EXPECT_FALSE(acked);
}

TEST_F(JourneyTest, AMessageThatSaysNothingIsATemplateError) {
  travel(message(R"({"id":"n1","type":"comment","recipient":"u1"})"));
  EXPECT_EQ(settled.at(0).reason, "template_error");
  EXPECT_TRUE(provider->sent.empty());
}

TEST_F(JourneyTest, WhatTheDatabaseCanNotHoldIsDeadLettered) {
  claimStatus = Error{ErrorKind::invalid, "text with a zero byte"};
  travel();
  EXPECT_EQ(headersOf(0).death->reason, "permanent");
  EXPECT_TRUE(acked);
}

TEST_F(JourneyTest, EveryAddressIsADeliveryOfItsOwn) {
  profile->addresses.push_back({"push", "device-2"});
  answers = {{.verdict = Verdict::claimed}, {.verdict = Verdict::duplicate}};
  travel();
  ASSERT_EQ(provider->sent.size(), 1u);
  EXPECT_EQ(settled.size(), 1u);
}

}  // namespace
}  // namespace tidings::delivery
