#include "delivery/router.h"

#include <gtest/gtest.h>

#include "providers/outcomes.h"
#include "runtime/loop.h"

namespace tidings::delivery {
namespace {

using notification::Outcome;
using notification::OutcomeKind;

class Scripted final : public providers::Provider {
 public:
  Scripted(std::string name, OutcomeKind answer) : name_(std::move(name)), answer_(answer) {}
  Task<Outcome> send(const providers::OutboundMessage&, Deadline) override {
    ++asked;
    co_return Outcome{.kind = answer_, .code = code, .nothingSent = nothingSent};
  }
  const std::string& name() const override { return name_; }
  bool idempotent() const override { return false; }
  int asked = 0;
  bool nothingSent = true;
  std::string code;

 private:
  std::string name_;
  OutcomeKind answer_;
};

struct RouterTest : testing::Test {
  SystemClock clock;
  Loop loop{clock};
  std::shared_ptr<Scripted> first, second;
  std::unique_ptr<Router> router;

  Routed send(OutcomeKind a, OutcomeKind b) {
    if (!router) {
      first = std::make_shared<Scripted>("first", a);
      second = std::make_shared<Scripted>("second", b);
      std::map<std::string, Router::Providers, std::less<>> channels;
      channels["push"] = {first, second};
      router = std::make_unique<Router>(clock, std::move(channels));
    }
    return loop.run(router->send("push", message, Deadline::after(clock, Millis{1'000})));
  }
  providers::OutboundMessage message;
};

TEST_F(RouterTest, TheFirstProviderThatTakesItEndsTheSearch) {
  EXPECT_EQ(send(OutcomeKind::sent, OutcomeKind::sent).provider, "first");
  EXPECT_EQ(second->asked, 0);
}

TEST_F(RouterTest, WhatOneCanNotTakeGoesToTheNext) {
  const Routed routed = send(OutcomeKind::transient, OutcomeKind::sent);
  EXPECT_EQ(routed.provider, "second");
  EXPECT_EQ(routed.outcome.kind, OutcomeKind::sent);
}

TEST_F(RouterTest, AFailureThatMayHaveBeenTakenNeverFailsOver) {
  send(OutcomeKind::sent, OutcomeKind::sent);
  first = std::make_shared<Scripted>("first", OutcomeKind::transient);
  first->nothingSent = false;
  std::map<std::string, Router::Providers, std::less<>> channels;
  channels["push"] = {first, second};
  router = std::make_unique<Router>(clock, std::move(channels));
  EXPECT_EQ(send(OutcomeKind::transient, OutcomeKind::sent).provider, "first");
  EXPECT_EQ(second->asked, 0);
}

TEST_F(RouterTest, AnUncertainAnswerNeverFailsOver) {
  EXPECT_EQ(send(OutcomeKind::unknown, OutcomeKind::sent).outcome.kind, OutcomeKind::unknown);
  EXPECT_EQ(second->asked, 0);
}

TEST_F(RouterTest, AGoneRecipientIsGoneEverywhere) {
  EXPECT_EQ(send(OutcomeKind::recipientGone, OutcomeKind::sent).outcome.kind,
            OutcomeKind::recipientGone);
  EXPECT_EQ(second->asked, 0);
}

TEST_F(RouterTest, AnOpenCircuitIsPassedOver) {
  send(OutcomeKind::auth, OutcomeKind::sent);
  const Routed routed = send(OutcomeKind::auth, OutcomeKind::sent);
  EXPECT_EQ(routed.provider, "second");
  EXPECT_EQ(first->asked, 1);
}

TEST_F(RouterTest, TellsWhichCircuitsAreOpen) {
  send(OutcomeKind::auth, OutcomeKind::sent);
  EXPECT_EQ(router->circuits(), (std::map<std::string, bool>{{"first", true}, {"second", false}}));
}

// Failures in a row open the circuit, however many found no place in between.
TEST_F(RouterTest, NoPlaceOfOursSaysNothingOfTheProvider) {
  for (int i = 0; i < 100 && first == nullptr; ++i) send(OutcomeKind::transient, OutcomeKind::sent);
  int asked = 0;
  for (int i = 0; i < 100; ++i) {
    first->code = i % 2 == 0 ? std::string(providers::kNoPlace) : "";
    send(OutcomeKind::transient, OutcomeKind::sent);
    if (first->asked == asked) return;  // open
    asked = first->asked;
  }
  FAIL() << "the circuit never opened";
}

TEST_F(RouterTest, WithEveryCircuitOpenNothingIsSentAndTheWaitIsTold) {
  send(OutcomeKind::auth, OutcomeKind::auth);
  const Routed routed = send(OutcomeKind::auth, OutcomeKind::auth);
  EXPECT_TRUE(routed.blocked);
  EXPECT_EQ(first->asked + second->asked, 2);
}

TEST_F(RouterTest, AChannelWithoutProvidersIsPermanent) {
  router = std::make_unique<Router>(clock, std::map<std::string, Router::Providers, std::less<>>{});
  EXPECT_EQ(send(OutcomeKind::sent, OutcomeKind::sent).outcome.kind, OutcomeKind::permanent);
}

}  // namespace
}  // namespace tidings::delivery
