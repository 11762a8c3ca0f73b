// Kills, freezes and squeezes the broker of the stack: run alone, not beside other tests.
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "integration/queue/broker.h"
#include "queue/ladder.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"

namespace tidings::queue {
namespace {

using OutageTest = BrokerTest;

// The script blocks: on another thread, so that the loop lives on meanwhile.
Task<void> stackAside(BrokerTest& test, std::string words) {
  auto work = [words = std::move(words)] {
    BrokerTest::stack(words);
    return true;
  };
  co_await test.loop.offload(std::move(work));
}

// RabbitMQ writes the names of its quorum queues to disk up to half a second after it has confirmed
// messages in them, and after a kill in that time a queue has no leader, for ever. Not our subject.
Task<void> killBroker(BrokerTest& test) {
  co_await stackAside(test, "rabbitmqctl eval '[dets:sync(T) || T <- dets:all()].'");
  co_await stackAside(test, "kill-rabbit");
}

Publisher::Options publishing() {
  Publisher::Options options;
  options.amqp = BrokerTest::settings();
  return options;
}

// What happens on a connection, beside the test's output: it tells why a test that waits fails.
amqp::OnNotice shown(std::string who) {
  return [who = std::move(who), since = std::chrono::steady_clock::now()](const amqp::Notice& n) {
    const auto after = std::chrono::steady_clock::now() - since;
    std::cout << std::chrono::duration_cast<Millis>(after).count() << " ms " << who << ": "
              << toString(n.kind) << " " << n.text << std::endl;
  };
}

struct Tally {
  int sent = 0, ok = 0, failed = 0;
};

Task<void> keepPublishing(BrokerTest& test, Publisher& publisher, std::string queue, Tally& tally,
                          const bool& go) {
  while (go) {
    Outgoing message{"", queue, std::to_string(tally.sent++), {}};
    const Status answer = co_await publisher.publish(std::move(message), test.soon());
    ++(answer.ok() ? tally.ok : tally.failed);
    if (!answer.ok()) ADD_FAILURE() << answer.error().message;
    co_await sleepFor(test.loop, Millis{1});
  }
}

Task<void> killed(BrokerTest& test) {
  const std::string queue = test.name("killed");
  co_await test.declare(queue);
  co_await test.put(queue, texts("unfinished", "finished late"));
  Intake::Options taking = consuming(queue);
  taking.onNotice = shown("intake");
  Inbox inbox(test, std::move(taking));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 2; }));
  const std::vector<Incoming> before = inbox.messages;

  Publisher::Options sending = publishing();
  sending.onNotice = shown("publisher");
  Publisher publisher(test.loop, std::move(sending));
  publisher.start();
  Tally tally;
  bool go = true;
  Scope scope;
  scope.spawn(keepPublishing(test, publisher, queue, tally, go));
  EXPECT_TRUE(co_await test.until([&] { return tally.ok > 200; }));

  co_await killBroker(test);
  EXPECT_TRUE(co_await test.until([&] { return !inbox.intake.connected(); }));
  const size_t delivered = inbox.messages.size();
  inbox.intake.ack(before[1].ticket);  // of the dead connection: must not be sent later
  co_await stackAside(test, "start-rabbit");
  const MonoTime back = test.loop.clock().mono();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() > delivered; }));
  EXPECT_LT(test.loop.clock().mono() - back, Millis{10'000});
  EXPECT_EQ(inbox.intake.stats().acked, 0u);
  EXPECT_GE(inbox.intake.stats().stale, 1u);

  const int confirmed = tally.ok;
  EXPECT_TRUE(co_await test.until([&] { return tally.ok > confirmed + 100; }));
  go = false;
  co_await scope.join();
  EXPECT_EQ(tally.failed, 0);

  // Everything that was confirmed comes, the two of before the kill included.
  const auto all = [&] {
    std::set<std::string> seen;
    for (size_t i = delivered; i < inbox.messages.size(); ++i) seen.insert(inbox.messages[i].body);
    return seen;
  };
  size_t next = delivered;
  EXPECT_TRUE(co_await test.until([&] {
    for (; next < inbox.messages.size(); ++next) inbox.intake.ack(inbox.messages[next].ticket);
    return all().size() == size_t(tally.sent) + 2;
  }));
  EXPECT_TRUE(all().contains("unfinished") && all().contains("finished late"));
  co_await publisher.close(test.soon());
  co_await inbox.intake.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 0u);
  co_await test.remove(queue);
}
TEST_F(OutageTest, AfterAKillNothingConfirmedIsLostAndMessagesFlowAgainWithinTenSeconds) {
  loop.run(killed(*this));
}

Task<void> delaySurvives(BrokerTest& test) {
  const std::string type = test.name("type");
  const auto types = texts(type);
  const amqp::Settings where = BrokerTest::settings();
  EXPECT_TRUE((co_await declareTopology(test.loop, where, types, test.soon())).ok());
  Publisher publisher(test.loop, publishing());
  publisher.start();
  for (int i = 0; i < 50; ++i) {
    Outgoing message{rungs()[2].exchange, retryQueue(type), std::to_string(i), {}};
    EXPECT_TRUE((co_await publisher.publish(std::move(message), test.soon())).ok());
  }
  co_await killBroker(test);
  co_await stackAside(test, "start-rabbit");
  Inbox inbox(test, consuming(retryQueue(type)));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() >= 50; }, Millis{60'000}));
  for (const Incoming& message : inbox.messages) inbox.intake.ack(message.ticket);
  co_await publisher.close(test.soon());
  co_await inbox.intake.close(test.soon());
  // RabbitMQ 3.10 stops all dead-lettering at least once, of every queue and until it is started
  // again, when such a queue is deleted in the instant it gets its leader: a confirm proves that it
  // has had one for a while.
  for (const std::string& queue : {typeQueue(type), retryQueue(type), deadQueue(type)}) {
    co_await test.put(queue, texts("last"));
    co_await test.remove(queue);
  }
}
TEST_F(OutageTest, DelayedMessagesSurviveAKill) { loop.run(delaySurvives(*this)); }

Task<void> squeezed(BrokerTest& test) {
  const std::string queue = test.name("squeezed");
  co_await test.declare(queue);
  co_await test.put(queue, texts("one", "two"));
  std::vector<std::string> told;
  Publisher::Options options = publishing();
  options.onNotice = [&told](const amqp::Notice& n) { told.emplace_back(toString(n.kind)); };
  Publisher publisher(test.loop, std::move(options));
  publisher.start();
  Inbox inbox(test, consuming(queue));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 2; }));
  co_await stackAside(test, "rabbitmqctl set_vm_memory_high_watermark 0.0001");
  std::vector<Status> answers;
  Scope scope;
  constexpr auto one = [](Publisher& to, std::string where, Deadline deadline,
                          std::vector<Status>& into) -> Task<void> {
    Outgoing message{"", std::move(where), "while blocked", {}};
    Status answer = co_await to.publish(std::move(message), deadline);
    into.push_back(std::move(answer));
  };
  for (int i = 0; i < 50; ++i) scope.spawn(one(publisher, queue, test.soon(), answers));
  EXPECT_TRUE(co_await test.until([&] { return publisher.stats().blocked; }));
  // Longer than the patience for confirms: an alarm is no reason to reconnect.
  EXPECT_FALSE(co_await test.until([&] { return !answers.empty(); }, Millis{6000}));
  EXPECT_EQ(publisher.stats().wire.connects, 1u);
  inbox.intake.ack(inbox.messages[0].ticket);  // the other connection is not blocked
  inbox.intake.ack(inbox.messages[1].ticket);
  co_await stackAside(test, "rabbitmqctl set_vm_memory_high_watermark 0.4");
  EXPECT_TRUE(co_await test.until([&] { return answers.size() == 50; }));
  for (const Status& answer : answers) EXPECT_TRUE(answer.ok());
  EXPECT_EQ(told, texts("connected", "blocked", "unblocked"));
  co_await scope.join();
  co_await publisher.close(test.soon());
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 52; }));
  co_await inbox.intake.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 50u);
  co_await test.remove(queue);
}
TEST_F(OutageTest, AnAlarmPausesPublishesAndNeitherFailsNorRepeatsThem) {
  loop.run(squeezed(*this));
}

Task<void> stoppedWhileSqueezed(BrokerTest& test) {
  const std::string queue = test.name("stopped");
  co_await test.declare(queue);
  co_await stackAside(test, "rabbitmqctl set_vm_memory_high_watermark 0.0001");
  std::stop_source stop;
  Publisher::Options options = publishing();
  options.stop = stop.get_token();
  Publisher publisher(test.loop, std::move(options));
  publisher.start();
  std::vector<Status> answers;
  Scope scope;
  constexpr auto one = [](Publisher& to, std::string where, Deadline deadline,
                          std::vector<Status>& into) -> Task<void> {
    Outgoing message{"", std::move(where), "while blocked", {}};
    Status answer = co_await to.publish(std::move(message), deadline);
    into.push_back(std::move(answer));
  };
  scope.spawn(one(publisher, queue, test.soon(), answers));
  EXPECT_TRUE(co_await test.until([&] { return publisher.stats().blocked; }));
  for (int i = 0; i < 20; ++i) scope.spawn(one(publisher, queue, test.soon(), answers));
  EXPECT_TRUE(co_await test.until([&] { return publisher.stats().waiting == 20; }));
  const MonoTime asked = test.loop.clock().mono();
  stop.request_stop();
  co_await scope.join();
  co_await publisher.close(Deadline::after(test.loop.clock(), Millis{5000}));
  EXPECT_LT(test.loop.clock().mono() - asked, Millis{5000});
  const auto ofKind = [&](ErrorKind kind) {
    return std::count_if(answers.begin(), answers.end(),
                         [kind](const Status& answer) { return kindOf(answer) == kind; });
  };
  EXPECT_EQ(ofKind(ErrorKind::uncertain), 1);  // the one that the broker answered with the alarm
  EXPECT_EQ(ofKind(ErrorKind::cancelled), 20);
  co_await stackAside(test, "rabbitmqctl set_vm_memory_high_watermark 0.4");
  co_await test.remove(queue);
}
TEST_F(OutageTest, AStopDuringAnAlarmDoesNotWaitForTheDeadlinesOfPublishes) {
  loop.run(stoppedWhileSqueezed(*this));
}

// The Erlang machine of the stack's broker: the child of the process that the stack recorded.
pid_t brokerProcess() {
  const char* dir = std::getenv("TIDINGS_STACK_DIR");
  std::ifstream file(std::string(dir == nullptr ? "" : dir) + "/run/rabbit.pid");
  std::string parent;
  file >> parent;
  std::ifstream children("/proc/" + parent + "/task/" + parent + "/children");
  pid_t pid = 0;
  children >> pid;
  if (pid <= 1) throw std::runtime_error("the stack's broker can't be found");
  return pid;
}

Task<void> frozen(BrokerTest& test) {
  const std::string queue = test.name("frozen");
  co_await test.declare(queue);
  Intake::Options options = consuming(queue);
  options.amqp.heartbeat = std::chrono::seconds{1};
  Publisher::Options sending = publishing();
  sending.amqp.heartbeat = std::chrono::seconds{1};
  Inbox inbox(test, std::move(options));
  Publisher publisher(test.loop, std::move(sending));
  inbox.intake.start();
  publisher.start();
  EXPECT_TRUE(
      co_await test.until([&] { return inbox.intake.connected() && publisher.connected(); }));
  const pid_t broker = brokerProcess();
  ::kill(broker, SIGSTOP);
  const MonoTime since = test.loop.clock().mono();
  std::vector<Status> answers;
  Scope scope;
  constexpr auto one = [](Publisher& to, std::string where, Deadline deadline,
                          std::vector<Status>& into) -> Task<void> {
    Outgoing message{"", std::move(where), std::string(100'000, 'x'), {}};
    Status answer = co_await to.publish(std::move(message), deadline);
    into.push_back(std::move(answer));
  };
  for (int i = 0; i < 100; ++i) scope.spawn(one(publisher, queue, test.soon(), answers));
  MonoTime lastTurn = since;
  Millis longestPause{0};
  EXPECT_TRUE(co_await test.until([&] {
    const MonoTime now = test.loop.clock().mono();
    longestPause = std::max(longestPause, std::chrono::duration_cast<Millis>(now - lastTurn));
    lastTurn = now;
    return !inbox.intake.connected() && !publisher.connected();
  }));
  EXPECT_LT(test.loop.clock().mono() - since, Millis{6000});
  EXPECT_LT(longestPause, Millis{1000});
  ::kill(broker, SIGCONT);
  EXPECT_TRUE(co_await test.until([&] { return answers.size() == 100; }));
  for (const Status& answer : answers) EXPECT_TRUE(answer.ok());
  co_await scope.join();
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() >= 100; }));
  co_await inbox.intake.close(test.soon());
  co_await publisher.close(test.soon());
  co_await test.remove(queue);
}
TEST_F(OutageTest, AFrozenBrokerIsNoticedByHeartbeatsAndNeverBlocksTheLoop) {
  loop.run(frozen(*this));
}

}  // namespace
}  // namespace tidings::queue
