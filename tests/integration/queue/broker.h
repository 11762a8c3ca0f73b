// What the broker tests share: a loop, a connection for arranging things, names of their own, and
// waiting for a condition with a cap that only a hang reaches.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "amqp/settings.h"
#include "base/random.h"
#include "queue/intake.h"
#include "queue/publisher.h"
#include "runtime/loop.h"

namespace tidings::queue {

inline constexpr Millis hang{30'000};

// GCC 12 can't have an initializer list in a coroutine.
template <class... Text>
std::vector<std::string> texts(Text... text) {
  std::vector<std::string> all;
  (all.emplace_back(text), ...);
  return all;
}

// nullopt: it is ok.
inline std::optional<ErrorKind> kindOf(const Status& status) {
  return status.ok() ? std::nullopt : std::optional(status.error().kind);
}

class BrokerTest : public testing::Test {
 public:
  BrokerTest();

  // Of TIDINGS_AMQP_URL, whose absence fails the test; optionally another vhost.
  static amqp::Settings settings(const std::string& vhost = {});
  // Unique to this test.
  std::string name(const std::string& what) const { return what + "-" + suffix_; }
  Deadline soon() { return Deadline::after(loop.clock(), hang); }

  // Runs `scripts/stack WORDS`, or the program that TIDINGS_STACK names; its exit code must be 0.
  static void stack(const std::string& words);
  static std::string stackOutput(const std::string& words);

  // False after `hang`.
  Task<bool> until(std::function<bool()> holds, Millis most = hang);

  // Arranging, over a connection of its own each.
  Task<void> declare(std::string queue);
  Task<void> remove(std::string queue);
  Task<size_t> depth(std::string queue);
  // Published with confirms; expects success.
  Task<void> put(std::string queue, std::vector<std::string> bodies);
  Task<void> putOne(std::string queue, std::string body, amqp::Properties properties);

  SystemClock clock;
  Loop loop{clock};

 private:
  std::string suffix_;
};

// An intake whose messages are kept.
struct Inbox {
  Inbox(BrokerTest& test, Intake::Options options)
      : intake(test.loop, std::move(options),
               [this](Incoming message) { messages.push_back(std::move(message)); }) {}
  std::vector<std::string> bodies() const {
    std::vector<std::string> out;
    for (const Incoming& message : messages) out.push_back(message.body);
    return out;
  }
  std::vector<Incoming> messages;
  Intake intake;
};

Intake::Options consuming(const std::string& queue, int prefetch = 100);

}  // namespace tidings::queue
