#include "providers/access_token.h"

#include "runtime/scope.h"
#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using K = OutcomeKind;
using namespace std::chrono_literals;

TEST(TokenAnswer, Accepted) {
  const TokenAnswer answer = classifyToken(
      answerOf(200, R"({"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"})"));
  EXPECT_EQ(answer.token, "ya29.x");
  EXPECT_EQ(answer.lifetime, Millis{3599s});
}

TEST(TokenAnswer, Refusals) {
  const auto kind = [](int status, const char* body) {
    const TokenAnswer answer = classifyToken(answerOf(status, body));
    EXPECT_EQ(answer.token, "");
    EXPECT_TRUE(answer.failure.nothingSent);
    return answer.failure.kind;
  };
  EXPECT_EQ(kind(400, R"({"error":"invalid_grant","error_description":"clock"})"), K::auth);
  EXPECT_EQ(kind(401, R"({"error":"invalid_client"})"), K::auth);
  EXPECT_EQ(kind(404, "<html>"), K::auth);
  EXPECT_EQ(kind(429, ""), K::throttled);
  EXPECT_EQ(kind(500, ""), K::transient);
  EXPECT_EQ(kind(503, ""), K::transient);
  EXPECT_EQ(kind(302, ""), K::auth);
  EXPECT_EQ(kind(200, "{"), K::transient);
  EXPECT_EQ(kind(200, "[]"), K::transient);
  EXPECT_EQ(kind(200, R"({"access_token":7})"), K::transient);
  EXPECT_EQ(kind(200, "{\"access_token\":\"a\\r\\nX: y\"}"), K::transient);
}

TEST(TokenAnswer, NoAnswerNeverMeansThatAMessageWasSent) {
  for (const auto transport : {http::Transport::notSent, http::Transport::unknown}) {
    const TokenAnswer answer = classifyToken(failureOf(transport));
    EXPECT_EQ(answer.failure.kind, K::transient);
    EXPECT_TRUE(answer.failure.nothingSent);
  }
  EXPECT_EQ(classifyToken(failureOf(http::Transport::tls)).failure.kind, K::auth);
}

TEST(TokenAnswer, SaysWhyInWords) {
  const auto answer = classifyToken(
      answerOf(400, R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})"));
  EXPECT_EQ(answer.failure.code, "invalid_grant");
  EXPECT_NE(answer.failure.error.find("Invalid JWT Signature."), std::string::npos);
}

class AccessTokenTest : public testing::Test {
 protected:
  static Task<TokenAnswer> fetch(AccessTokenTest& self) {
    ++self.fetched;
    OneShot<bool> turn(self.loop);
    self.loop.post([&turn] { turn.set(true); });
    co_await turn.wait();
    TokenAnswer answer;
    if (self.broken) {
      answer.failure = outcomeOf(K::transient, "down", "down");
    } else {
      answer.token = "token-" + std::to_string(self.fetched);
      answer.lifetime = self.lifetime;
    }
    co_return answer;
  }
  static Task<void> note(AccessTokenTest& self) {
    const TokenAnswer answer = co_await self.token.get(self.soon());
    self.seen.push_back(answer.token);
  }
  static Task<void> many(AccessTokenTest& self, int count) {
    Scope scope;
    for (int i = 0; i < count; ++i) scope.spawn(note(self));
    co_await scope.join();
  }
  Deadline soon() { return Deadline::after(clock, 5s); }
  std::string get() { return loop.run(token.get(soon())).token; }

  ManualClock clock;
  Loop loop{clock};
  int fetched = 0;
  bool broken = false;
  Millis lifetime = 1h;
  std::vector<std::string> seen;
  AccessToken token{loop, [this](Deadline) { return fetch(*this); }};
};

TEST_F(AccessTokenTest, OneFetchServesAllWhoWait) {
  loop.run(many(*this, 50));
  EXPECT_EQ(fetched, 1);
  EXPECT_EQ(seen, std::vector<std::string>(50, "token-1"));
}

TEST_F(AccessTokenTest, IsKeptUntilFiveMinutesBeforeItsEnd) {
  EXPECT_EQ(get(), "token-1");
  clock.advance(54min);
  EXPECT_EQ(get(), "token-1");
  clock.advance(2min);
  EXPECT_EQ(get(), "token-2");
}

TEST_F(AccessTokenTest, TheOldOneIsGoodEnoughWhileTheRenewalFails) {
  get();
  broken = true;
  clock.advance(56min);
  EXPECT_EQ(get(), "token-1");
  clock.advance(5min);
  EXPECT_EQ(get(), "");
}

TEST_F(AccessTokenTest, ARefusedTokenIsReplacedOnceHoweverManySawItRefused) {
  const std::string old = get();
  token.refused(old);
  EXPECT_EQ(get(), "token-2");
  token.refused(old);
  EXPECT_EQ(get(), "token-2");
}

TEST_F(AccessTokenTest, AFailureIsNotAskedForAgainAtOnce) {
  broken = true;
  loop.run(many(*this, 20));
  EXPECT_EQ(get(), "");
  EXPECT_EQ(fetched, 1);
  clock.advance(2s);
  broken = false;
  EXPECT_EQ(get(), "token-2");
}

TEST_F(AccessTokenTest, ATokenWithoutLifetimeIsNotUsed) {
  lifetime = Millis{0};
  const TokenAnswer answer = loop.run(token.get(soon()));
  EXPECT_EQ(answer.token, "");
  EXPECT_EQ(answer.failure.kind, K::transient);
}

}  // namespace
}  // namespace tidings::providers
