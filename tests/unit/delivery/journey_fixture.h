// What the tests of a journey share: its world, with a fake behind each port.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "delivery/journeys.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"

namespace tidings::delivery {

using namespace std::chrono_literals;
using notification::DeliveryState;
using notification::Outcome;
using notification::OutcomeKind;
using store::ClaimAnswer;
using store::Verdict;

// What comes while it is shut waits until it is let through.
struct Gate {
  Loop& loop;
  bool shut = false, letThrough = false;
  Task<void> pass() {
    if (!shut) co_return;
    while (!letThrough) co_await sleepFor(loop, 1ms);
  }
};

class FakeProvider final : public providers::Provider {
 public:
  explicit FakeProvider(Gate& gate) : gate_(gate) {}
  Task<Outcome> send(const providers::OutboundMessage& message, Deadline) override {
    sent.push_back(message);
    co_await gate_.pass();
    co_return Outcome{.kind = answer,
                      .providerMessageId = "pm-1",
                      .error = answer == OutcomeKind::sent ? "" : "refused",
                      .nothingSent = nothingSent};
  }
  const std::string& name() const override { return name_; }
  bool idempotent() const override { return false; }
  OutcomeKind answer = OutcomeKind::sent;
  bool nothingSent = false;
  std::vector<providers::OutboundMessage> sent;

 private:
  Gate& gate_;
  std::string name_ = "fcm";
};

// A templates directory without templates: messages speak for themselves.
inline render::Catalog emptyCatalog() {
  const auto dir = std::filesystem::path(testing::TempDir()) / "tidings-no-templates";
  std::filesystem::create_directories(dir);
  auto catalog = render::Catalog::load(dir);
  if (!catalog.ok()) throw std::runtime_error(catalog.error().message);
  return std::move(*catalog);
}

struct JourneyTest : testing::Test {
  SystemClock clock;
  Loop loop{clock};
  observe::Log log{clock, {.level = observe::LogLevel::off}};
  observe::Metrics metrics{{}};
  Observer observer{log, metrics};
  Gate trying{loop}, sending{loop}, publishing{loop};
  std::shared_ptr<FakeProvider> provider = std::make_shared<FakeProvider>(sending);
  std::shared_ptr<policy::Profile> profile = std::make_shared<policy::Profile>();
  Stops stops;
  config::Config config;

  // What the fakes answer, and what they were given, in order of happening.
  std::vector<ClaimAnswer> answers{{.verdict = Verdict::claimed}};
  std::vector<notification::Target> begun;
  std::vector<std::string> askedAfter;
  std::vector<store::JobClaim> claims;
  std::vector<store::Settlement> settled;
  store::TakenOver takenOver;
  std::vector<queue::Outgoing> published, refused;
  std::vector<std::string> steps;
  Status profileStatus = done, claimStatus = done, settleStatus = done, tryStatus = done;
  Status subscribersStatus = done;
  std::vector<Status> publishStatuses;
  std::vector<std::string> subscribers;
  std::vector<store::TryVerdict> verdicts{store::TryVerdict::go};
  std::vector<store::Try> tries;
  std::vector<int64_t> endedTries;
  bool acked = false;

  JourneyTest() {
    config.types["comment"] = {.name = "comment", .channels = {"push"}, .templateName = "comment"};
    profile->known = true;
    profile->addresses = {{"push", "device-1"}};
  }

  static Task<Result<std::shared_ptr<const policy::Profile>>> giveProfile(JourneyTest& self) {
    if (!self.profileStatus.ok()) co_return self.profileStatus.error();
    co_return std::shared_ptr<const policy::Profile>(self.profile);
  }
  static Task<Result<std::vector<ClaimAnswer>>> giveClaim(JourneyTest& self, store::JobClaim job) {
    self.steps.push_back("claim");
    self.claims.push_back(job);
    if (!self.claimStatus.ok()) co_return self.claimStatus.error();
    std::vector<ClaimAnswer> given;
    for (size_t i = 0; i < job.items.size(); ++i) {
      given.push_back(self.answers.front());
      if (self.answers.size() > 1) self.answers.erase(self.answers.begin());
    }
    co_return given;
  }
  static Task<Result<store::TakenOver>> takeSettlements(JourneyTest& self,
                                                        std::vector<store::Settlement> rows) {
    self.steps.push_back("settle");
    if (!self.settleStatus.ok()) co_return self.settleStatus.error();
    for (auto& row : rows) self.settled.push_back(std::move(row));
    co_return self.takenOver;
  }
  static Task<Result<std::vector<std::string>>> giveSubscribers(JourneyTest& self) {
    if (!self.subscribersStatus.ok()) co_return self.subscribersStatus.error();
    co_return self.subscribers;
  }
  static Task<Result<std::vector<notification::Target>>> giveBegun(JourneyTest& self,
                                                                   store::JobKey job) {
    self.askedAfter.push_back(job.notificationId + " of " + job.recipient);
    co_return self.begun;
  }
  static Task<Result<store::TryVerdict>> giveVerdict(JourneyTest& self, store::Try attempt) {
    self.steps.push_back("try");
    self.tries.push_back(attempt);
    co_await self.trying.pass();
    if (!self.tryStatus.ok()) co_return self.tryStatus.error();
    const store::TryVerdict verdict = self.verdicts.front();
    if (self.verdicts.size() > 1) self.verdicts.erase(self.verdicts.begin());
    co_return verdict;
  }
  static Task<Status> takePublished(JourneyTest& self, queue::Outgoing message) {
    self.steps.push_back("publish");
    co_await self.publishing.pass();
    Status status = done;
    if (!self.publishStatuses.empty()) {
      status = self.publishStatuses.front();
      self.publishStatuses.erase(self.publishStatuses.begin());
    }
    (status.ok() ? self.published : self.refused).push_back(std::move(message));
    co_return status;
  }

  Ports ports() {
    return {.profile = [this](const std::string&) { return giveProfile(*this); },
            .claim = [this](const store::JobClaim& job) { return giveClaim(*this, job); },
            .settle =
                [this](const std::vector<store::Settlement>& rows) {
                  return takeSettlements(*this, rows);
                },
            .begun = [this](store::JobKey job) { return giveBegun(*this, std::move(job)); },
            .beginTry = [this](store::Try attempt) { return giveVerdict(*this, attempt); },
            .endTry = [this](int64_t hash) { endedTries.push_back(hash); },
            .subscribers = [this](std::string, std::string, int) { return giveSubscribers(*this); },
            .publish = [this](queue::Outgoing message,
                              Deadline) { return takePublished(*this, std::move(message)); },
            .ack =
                [this](queue::AckTicket) {
                  steps.push_back("ack");
                  acked = true;
                }};
  }

  static queue::Incoming message(std::string body) {
    queue::Incoming in;
    in.body = std::move(body);
    in.queue = "notifications.comment";
    in.type = "comment";
    in.bodySize = in.body.size();
    return in;
  }
  static std::string body(const std::string& more = "") {
    return R"({"id":"n1","type":"comment","recipient":"u1","title":"Hi","message":"There")" + more +
           "}";
  }

  std::unique_ptr<Journeys> start() {
    std::map<std::string, Router::Providers, std::less<>> channels;
    channels["push"] = {provider};
    std::shared_ptr<const Settings> settings(
        new Settings{config, emptyCatalog(), std::make_shared<Router>(clock, std::move(channels))});
    return std::make_unique<Journeys>(loop, ports(), observer, std::move(settings), stops);
  }
  void travel(queue::Incoming in) {
    const auto journeys = start();
    journeys->take(std::move(in));
    constexpr auto join = [](Journeys& all) -> Task<void> { co_await all.join(); };
    loop.run(join(*journeys));
  }
  void travel() { travel(message(body())); }

  queue::JobHeaders headersOf(size_t i) const {
    return queue::readHeaders(published.at(i).properties.headers);
  }
};

inline queue::Incoming redelivered(queue::Incoming in) {
  in.redelivered = true;
  return in;
}

}  // namespace tidings::delivery
