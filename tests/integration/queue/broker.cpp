#include "integration/queue/broker.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "queue/declare.h"
#include "runtime/loop_sleep.h"

namespace tidings::queue {
namespace {

Task<std::unique_ptr<amqp::Connection>> dial(Loop& loop, const amqp::Settings& settings,
                                             amqp::Counters& counters, Deadline deadline) {
  auto connection = co_await amqp::connectAny(loop, settings, counters, deadline);
  if (!connection.ok()) throw std::runtime_error(connection.error().message);
  co_return std::move(*connection);
}

}  // namespace

BrokerTest::BrokerTest() {
  Random random;
  suffix_ = std::to_string(random.bits() % 1'000'000'000);
}

amqp::Settings BrokerTest::settings(const std::string& vhost) {
  const char* url = std::getenv("TIDINGS_AMQP_URL");
  if (url == nullptr) throw std::runtime_error("TIDINGS_AMQP_URL is not set: see scripts/stack");
  auto endpoint = amqp::parseUrl(url);
  if (!endpoint.ok()) throw std::runtime_error(endpoint.error().message);
  if (!vhost.empty()) endpoint->vhost = vhost;
  amqp::Settings settings;
  settings.endpoints = {*endpoint};
  settings.name = testing::UnitTest::GetInstance()->current_test_info()->name();
  return settings;
}

std::string BrokerTest::stackOutput(const std::string& words) {
  const char* other = std::getenv("TIDINGS_STACK");
  const std::string program = other != nullptr ? other : TIDINGS_SOURCE_DIR "/scripts/stack";
  const std::string command = program + " " + words + " 2>&1";
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::array<char, 4096> part;
  while (::fgets(part.data(), part.size(), pipe) != nullptr) output += part.data();
  const int code = ::pclose(pipe);
  EXPECT_EQ(code, 0) << command << "\n" << output;
  return output;
}

void BrokerTest::stack(const std::string& words) { stackOutput(words); }

Task<bool> BrokerTest::until(std::function<bool()> holds, Millis most) {
  const Deadline cap = Deadline::after(loop.clock(), most);
  while (!holds()) {
    if (cap.passed(loop.clock())) co_return false;
    co_await sleepFor(loop, Millis{5});
  }
  co_return true;
}

Task<void> BrokerTest::declare(std::string queue) {
  amqp::Counters counters;
  const amqp::Settings where = settings();
  const auto connection = co_await dial(loop, where, counters, soon());
  Declarer declarer(*connection);
  const Status declared = co_await declarer.ensure(queue);
  EXPECT_TRUE(declared.ok());
}

Task<void> BrokerTest::remove(std::string queue) {
  struct Nothing final : amqp::ChannelListener {
  } nothing;
  amqp::Counters counters;
  const amqp::Settings where = settings();
  const auto connection = co_await dial(loop, where, counters, soon());
  auto channel = co_await connection->openChannel(nothing);
  if (!channel.ok()) throw std::runtime_error(channel.error().message);
  const auto deleted = co_await (*channel)->deleteQueue(queue);
  EXPECT_TRUE(deleted.ok());
  (*channel)->detach();
}

Task<size_t> BrokerTest::depth(std::string queue) {
  amqp::Counters counters;
  const amqp::Settings where = settings();
  const auto connection = co_await dial(loop, where, counters, soon());
  Declarer declarer(*connection);
  amqp::QueueSpec spec{queue, true};
  const auto answer = co_await declarer.queue(std::move(spec));
  EXPECT_TRUE(answer.ok());
  co_return answer.ok() ? answer->messages : 0;
}

Task<void> BrokerTest::put(std::string queue, std::vector<std::string> bodies) {
  for (std::string& body : bodies) {
    amqp::Properties none;
    co_await putOne(queue, std::move(body), std::move(none));
  }
}

Task<void> BrokerTest::putOne(std::string queue, std::string body, amqp::Properties properties) {
  Publisher::Options options;
  options.amqp = settings();
  Publisher publisher(loop, std::move(options));
  publisher.start();
  Outgoing message{"", std::move(queue), std::move(body), std::move(properties)};
  const Status put = co_await publisher.publish(std::move(message), soon());
  EXPECT_TRUE(put.ok()) << (put.ok() ? "" : put.error().message);
  co_await publisher.close(soon());
}

Intake::Options consuming(const std::string& queue, int prefetch) {
  Intake::Options options;
  options.amqp = BrokerTest::settings();
  options.sources = {{queue, "test", Lane::fresh, prefetch}};
  return options;
}

}  // namespace tidings::queue
