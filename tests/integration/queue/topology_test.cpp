#include "queue/topology.h"

#include "integration/queue/broker.h"
#include "queue/declare.h"
#include "queue/headers.h"
#include "queue/ladder.h"
#include "runtime/scope.h"

namespace tidings::queue {
namespace {

// Each test in a vhost of its own: the delay ladder is shared by all who use a vhost.
class TopologyTest : public BrokerTest {
 public:
  ~TopologyTest() override {
    if (!vhost_.empty()) stack("rabbitmqctl delete_vhost " + vhost_);
  }
  void vhost(const std::string& defaultQueueType) {
    vhost_ = name("topology");
    stack("rabbitmqctl add_vhost " + vhost_ + " --default-queue-type " + defaultQueueType);
    stack("rabbitmqctl set_permissions -p " + vhost_ + " tidings '.*' '.*' '.*'");
    where = settings(vhost_);
  }
  void policy() {
    stack("rabbitmqctl set_policy -p " + vhost_ +
          " --apply-to queues tidings '^notifications\\.' "
          "'{\"dead-letter-exchange\":\"tidings.dead\",\"delivery-limit\":2}'");
  }
  std::string queueTypes() {
    return stackOutput("rabbitmqctl -q list_queues -p " + vhost_ + " name type");
  }
  Publisher::Options publishing() const {
    Publisher::Options options;
    options.amqp = where;
    return options;
  }
  Intake::Options consumingHere(const std::string& queue) const {
    Intake::Options options = consuming(queue);
    options.amqp = where;
    return options;
  }
  amqp::Settings where;

 private:
  std::string vhost_;
};

Task<Status> declareAs(TopologyTest& test, std::string queue, amqp::Table arguments) {
  amqp::Counters counters;
  auto connection = co_await amqp::connectAny(test.loop, test.where, counters, test.soon());
  if (!connection.ok()) co_return connection.error();
  Declarer declarer(**connection);
  amqp::QueueSpec spec{std::move(queue), false, std::move(arguments)};
  const auto declared = co_await declarer.queue(std::move(spec));
  if (!declared.ok()) co_return declared.error();
  co_return done;
}

Task<Status> publish(TopologyTest& test, Outgoing message) {
  Publisher publisher(test.loop, test.publishing());
  publisher.start();
  const Status sent = co_await publisher.publish(std::move(message), test.soon());
  co_await publisher.close(test.soon());
  co_return sent;
}

Task<void> declaresAll(TopologyTest& test) {
  const auto types = texts("a", "b");
  const amqp::Table none;
  // An app may have been first, and may come later.
  EXPECT_TRUE((co_await declareAs(test, typeQueue("a"), none)).ok());
  EXPECT_TRUE((co_await declareTopology(test.loop, test.where, types, test.soon())).ok());
  EXPECT_TRUE((co_await declareTopology(test.loop, test.where, types, test.soon())).ok());
  EXPECT_TRUE((co_await declareAs(test, typeQueue("b"), none)).ok());
  Outgoing message{std::string(appExchange), typeQueue("b"), "through the exchange", {}};
  const Status sent = co_await publish(test, std::move(message));
  EXPECT_TRUE(sent.ok());
  Inbox inbox(test, test.consumingHere(typeQueue("b")));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 1; }));
  co_await inbox.intake.close(test.soon());
}

TEST_F(TopologyTest, PlainDeclarationsOfAnAppNeverConflictOnAQuorumVhost) {
  vhost("quorum");
  loop.run(declaresAll(*this));
  const std::string types = queueTypes();
  EXPECT_EQ(types.find("classic"), std::string::npos) << types;
}

TEST_F(TopologyTest, PlainDeclarationsOfAnAppNeverConflictOnAClassicVhost) {
  vhost("classic");
  loop.run(declaresAll(*this));
  const std::string types = queueTypes();
  EXPECT_NE(types.find("notifications.a\tclassic"), std::string::npos) << types;
  EXPECT_NE(types.find("tidings.delay.1s\tquorum"), std::string::npos) << types;
}

Task<void> together(TopologyTest& test) {
  const auto types = texts("a", "b");
  int finished = 0;
  constexpr auto one = [](TopologyTest& in, const std::vector<std::string>& of,
                          int& count) -> Task<void> {
    const Status declared = co_await declareTopology(in.loop, in.where, of, in.soon());
    EXPECT_TRUE(declared.ok()) << declared.error().message;
    ++count;
  };
  Scope scope;
  for (int i = 0; i < 4; ++i) scope.spawn(one(test, types, finished));
  co_await scope.join();
  EXPECT_EQ(finished, 4);
}
TEST_F(TopologyTest, WorkersMayDeclareAllAtTheSameTime) {
  vhost("quorum");
  loop.run(together(*this));
}

amqp::Table timeToLive() { return {{"x-message-ttl", int64_t{1000}}}; }

Task<void> conflict(TopologyTest& test) {
  EXPECT_TRUE((co_await declareAs(test, typeQueue("a"), timeToLive())).ok());
  const auto types = texts("a");
  const Status declared = co_await declareTopology(test.loop, test.where, types, test.soon());
  EXPECT_EQ(kindOf(declared), ErrorKind::invalid);
  EXPECT_NE(declared.error().message.find("x-message-ttl"), std::string::npos)
      << declared.error().message;
  // It can be consumed all the same.
  Inbox inbox(test, test.consumingHere(typeQueue("a")));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.intake.connected(); }));
  co_await inbox.intake.close(test.soon());
}
TEST_F(TopologyTest, AQueueThatExistsOtherwiseIsAnErrorInTheBrokersWords) {
  vhost("quorum");
  loop.run(conflict(*this));
}

Task<void> delayed(TopologyTest& test) {
  const auto types = texts("a");
  EXPECT_TRUE((co_await declareTopology(test.loop, test.where, types, test.soon())).ok());
  Inbox inbox(test, test.consumingHere(retryQueue("a")));
  inbox.intake.start();
  // Twice through the same rung: a broker that sees its own death record drops the second.
  amqp::Properties properties;
  for (int pass = 1; pass <= 2; ++pass) {
    const MonoTime sent = test.loop.clock().mono();
    JobHeaders headers;
    headers.attempt = pass;
    properties.headers = writeHeaders(headers, properties.headers);
    Outgoing down{rungs()[0].exchange, retryQueue("a"), "body", properties};
    EXPECT_TRUE((co_await publish(test, std::move(down))).ok());
    const bool back = co_await test.until([&] { return inbox.messages.size() == size_t(pass); });
    EXPECT_TRUE(back);
    if (!back) break;
    EXPECT_GE(test.loop.clock().mono() - sent, Millis{990});
    const Incoming& message = inbox.messages.back();
    EXPECT_EQ(message.body, "body");
    EXPECT_EQ(readHeaders(message.properties.headers).attempt, pass);
    EXPECT_NE(amqp::find(message.properties.headers, "x-death"), nullptr);
    properties = message.properties;
    inbox.intake.ack(message.ticket);
  }
  co_await inbox.intake.close(test.soon());
}
TEST_F(TopologyTest, ADelayedMessageComesBackToItsRetryQueueAgainAndAgain) {
  vhost("quorum");
  loop.run(delayed(*this));
}
TEST_F(TopologyTest, ADelayedMessageComesBackOnAClassicVhost) {
  vhost("classic");
  loop.run(delayed(*this));
}

Task<void> deadLettered(TopologyTest& test, Lane lane) {
  const auto types = texts("a", "b");
  EXPECT_TRUE((co_await declareTopology(test.loop, test.where, types, test.soon())).ok());
  test.policy();
  const std::string queue = lane == Lane::fresh ? typeQueue("a") : retryQueue("a");
  Outgoing message{"", queue, "poison", {}};
  EXPECT_TRUE((co_await publish(test, std::move(message))).ok());
  Inbox inbox(test, test.consumingHere(queue));
  Inbox dead(test, test.consumingHere(deadQueue("a")));
  inbox.intake.start();
  dead.intake.start();
  size_t seen = 0;
  EXPECT_TRUE(co_await test.until([&] {
    for (; seen < inbox.messages.size(); ++seen) inbox.intake.requeue(inbox.messages[seen].ticket);
    return !dead.messages.empty();
  }));
  EXPECT_EQ(dead.messages[0].body, "poison");
  EXPECT_EQ(seen, 3u);
  co_await inbox.intake.close(test.soon());
  co_await dead.intake.close(test.soon());
}
TEST_F(TopologyTest, OverTheDeliveryLimitTheBrokerPutsAMessageToItsTypesDeadLetters) {
  vhost("quorum");
  loop.run(deadLettered(*this, Lane::fresh));
}
TEST_F(TopologyTest, TheRetryQueueHasTheSameSafetyNet) {
  vhost("quorum");
  loop.run(deadLettered(*this, Lane::retry));
}

Task<void> unreachable(TopologyTest& test) {
  amqp::Settings nowhere = BrokerTest::settings();
  nowhere.endpoints[0].port = 1;
  const auto types = texts("a");
  const Status declared = co_await declareTopology(test.loop, nowhere, types, test.soon());
  EXPECT_EQ(kindOf(declared), ErrorKind::unreachable);
  const amqp::Settings noVhost = BrokerTest::settings("no-such-vhost");
  const Status refused = co_await declareTopology(test.loop, noVhost, types, test.soon());
  EXPECT_EQ(kindOf(refused), ErrorKind::permanent);
  EXPECT_NE(refused.error().message.find("no-such-vhost"), std::string::npos);
}
TEST_F(TopologyTest, TellsABrokerThatIsNotThereFromOneThatRefuses) { loop.run(unreachable(*this)); }

}  // namespace
}  // namespace tidings::queue
