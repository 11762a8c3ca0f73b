#include <sys/eventfd.h>
#include <unistd.h>

#include "full_server.h"
#include "http/late_resets.h"
#include "loopback.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"

namespace tidings::http {
namespace {

using namespace std::chrono_literals;

class OriginTest : public HttpTest {
 protected:
  Origin::Options plain() const { return {.baseUrl = servers_.url("http", "http")}; }
  Origin::Options secure() const {
    return {.baseUrl = servers_.url("https", "https"), .caFile = servers_.file("ca")};
  }
  std::string at(const char* path) const { return servers_.url("http", "http", path); }
  std::string tlsAt(const char* path) const { return servers_.url("https", "https", path); }

  // All at once; the answers in order.
  std::vector<Response> all(Origin& to, const std::string& url, size_t count) {
    std::vector<Response> responses(count);
    loop_.run(sendAll(to, url, responses, in(10s)));
    return responses;
  }

  // Aborts after the loop was held up so that the connection's end and the timer are seen together.
  static Task<Response> sendStalled(OriginTest& self, Origin& to, std::string url) {
    self.loop_.after(20ms, [&self] { self.client_.abort(); });
    self.loop_.post([&self] { self.loop_.post([&self] { self.hold(50ms); }); });
    const Request request{Method::post, url};
    co_return co_await to.send(request, self.in(60s));
  }
  // What is written later than one that waits in vain for 300 ms; its answer.
  static Task<Response> besideNever(OriginTest& self, Origin& to, const char* path) {
    Response never, other;
    Scope scope;
    scope.spawn(sendInto(to, self.tlsAt("/never"), never, self.in(300ms)));
    co_await sleepFor(self.loop_, 150ms);
    co_await sendInto(to, self.tlsAt(path), other, self.in(10s));
    co_await scope.join();
    EXPECT_EQ(never.transport, Transport::unknown);
    co_return other;
  }
  void hold(Millis time) const {
    const Deadline end = in(time);
    while (!end.passed(clock_)) {
    }
  }

 private:
  static Task<void> sendInto(Origin& to, std::string url, Response& into, Deadline deadline) {
    Request request{Method::post, url, nullptr, "body"};
    into = co_await to.send(std::move(request), deadline);
  }
  static Task<void> sendAll(Origin& to, const std::string& url, std::vector<Response>& into,
                            Deadline deadline) {
    Scope scope;
    for (Response& response : into) scope.spawn(sendInto(to, url, response, deadline));
    co_await scope.join();
  }
};

// HTTP/1.1 in the clear, which we speak, and HTTP/2 over TLS, which libcurl speaks.
class EitherOriginTest : public OriginTest, public ::testing::WithParamInterface<bool> {
 protected:
  Origin::Options either() const {
    if (!GetParam()) return plain();
    auto options = secure();
    options.http2 = true;
    return options;
  }
  std::string eitherAt(const char* path) const { return GetParam() ? tlsAt(path) : at(path); }
};

INSTANTIATE_TEST_SUITE_P(Versions, EitherOriginTest, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "Http2" : "Http1"; });

TEST_P(EitherOriginTest, SendsMethodHeadersAndBody) {
  const auto to = origin(either());
  const auto headers =
      Headers::make({{"Content-Type", "application/json"}, {"Authorization", "Bearer t"}});
  const std::string url = eitherAt("/echo");
  const Request request{Method::post, url, headers, R"({"a":1})"};
  const Response response = loop_.run(to->send(request, in(10s)));
  ASSERT_EQ(response.transport, Transport::ok) << response.error;
  EXPECT_EQ(response.status, 200);
  const auto echo = nlohmann::json::parse(response.body);
  EXPECT_EQ(echo["method"], "POST");
  EXPECT_EQ(echo["body"], R"({"a":1})");
  EXPECT_EQ(echo["headers"]["content-type"], "application/json");
  EXPECT_EQ(echo["headers"]["authorization"], "Bearer t");
  EXPECT_FALSE(echo["headers"].contains("expect"));
}

TEST_P(EitherOriginTest, SendsDifferentRequestsOneAfterAnother) {
  const auto to = origin(either());
  ASSERT_EQ(post(*to, eitherAt("/echo")).status, 200);
  const auto echo = nlohmann::json::parse(get(*to, eitherAt("/echo")).body);
  EXPECT_EQ(echo["method"], "GET");
  EXPECT_EQ(echo["body"], "");
  const auto again = nlohmann::json::parse(post(*to, eitherAt("/echo")).body);
  EXPECT_EQ(again["method"], "POST");
  EXPECT_EQ(again["body"], "body");
}

TEST_P(EitherOriginTest, KeepsItsConnection) {
  const auto to = origin(either());
  for (int i = 0; i < 10; ++i) ASSERT_EQ(post(*to, eitherAt("/echo")).status, 200);
  EXPECT_EQ(client_.stats().connections, 1U);
}

TEST_F(OriginTest, NeverHasMoreInFlightThanItHasPlaces) {
  auto options = plain();
  options.concurrency = 4;
  const auto to = origin(options);
  for (const Response& response : all(*to, at("/slow"), 40)) ASSERT_EQ(response.status, 200);
  EXPECT_EQ(client_.stats().connections, 4U);
  EXPECT_LE(ask("/stats")["mostOpen"], 5);  // and the one that asks
}

TEST_P(EitherOriginTest, SaysUnknownWhenNoAnswerCameInTime) {
  const auto to = origin(either());
  const Response response = post(*to, eitherAt("/never"), 200ms);
  EXPECT_EQ(response.transport, Transport::unknown);
  EXPECT_TRUE(response.timedOut);
}

// Of a body of many TLS records that was not sent whole.
TEST_F(OriginTest, SaysUnknownWhenAPartOfALargeEncryptedRequestWasSent) {
  auto options = secure();
  options.baseUrl = servers_.url("https", "deaf");
  const auto to = origin(options);
  const std::string url = servers_.url("https", "deaf", "/"), body(20'000'000, 'x');
  const Request request{Method::post, url, nullptr, body};
  const Response response = loop_.run(to->send(request, in(2s)));
  EXPECT_EQ(response.transport, Transport::unknown);
  EXPECT_TRUE(response.timedOut);
}

// It lies in the socket when the worker wakes up, and is no less an answer than one in time.
TEST_P(EitherOriginTest, TakesAnAnswerThatCameWhileTheWorkerWasFrozen) {
  const auto to = origin(either());
  ASSERT_EQ(post(*to, eitherAt("/echo")).status, 200);
  const int ready = ::eventfd(1, EFD_CLOEXEC);
  std::unique_ptr<FdWatch> frozen = loop_.watch(ready, [&frozen, this](bool, bool) {
    frozen->want(false, false);
    hold(1s);
  });
  loop_.after(10ms, [&] { frozen->want(true, false); });
  const Response response = post(*to, eitherAt("/slow"), 500ms);
  frozen.reset();
  ::close(ready);
  EXPECT_EQ(response.transport, Transport::ok) << response.error;
  EXPECT_EQ(response.body, "late");
  EXPECT_EQ(post(*to, eitherAt("/echo")).status, 200);
}

// Else the next ones would be sent into it until the kernel gives it up, a quarter of an hour
// later.
TEST_P(EitherOriginTest, UsesNoConnectionAgainOnWhichNothingCameInTime) {
  const auto to = origin(either());
  ASSERT_EQ(post(*to, eitherAt("/echo")).status, 200);
  ASSERT_EQ(post(*to, eitherAt("/never"), 200ms).transport, Transport::unknown);
  EXPECT_EQ(post(*to, eitherAt("/echo")).status, 200);
  EXPECT_EQ(client_.stats().connections, 2U);
}

TEST_F(OriginTest, LeavesTheirTimeToRequestsOnASilentHttp2Connection) {
  auto options = secure();
  options.http2 = true;
  const auto to = origin(options);
  ASSERT_EQ(post(*to, tlsAt("/echo")).status, 200);
  const Response slow = loop_.run(besideNever(*this, *to, "/slower"));
  EXPECT_EQ(slow.transport, Transport::ok) << slow.error;
  EXPECT_EQ(post(*to, tlsAt("/echo")).status, 200);
  EXPECT_EQ(client_.stats().connections, 1U) << "something came on it";
}

TEST_F(OriginTest, KeepsAnHttp2ConnectionOnWhichOthersAreAnswered) {
  auto options = secure();
  options.http2 = true;
  const auto to = origin(options);
  ASSERT_EQ(post(*to, tlsAt("/echo")).status, 200);
  EXPECT_EQ(loop_.run(besideNever(*this, *to, "/echo")).status, 200);
  EXPECT_EQ(post(*to, tlsAt("/echo")).status, 200);
  EXPECT_EQ(client_.stats().connections, 1U);
}

TEST_F(OriginTest, SaysNotSentWhenTheHandshakeTookTooLong) {
  const auto to = origin({.baseUrl = servers_.url("https", "silent")});
  const Response response = post(*to, servers_.url("https", "silent", "/echo"), 200ms);
  EXPECT_EQ(response.transport, Transport::notSent);
  EXPECT_TRUE(response.timedOut);
}

// A request that was written milliseconds before its deadline ended as unknown.
TEST_P(EitherOriginTest, IsCertainThatNothingWasSentWhenConnectingLeftNoTimeForAnAnswer) {
  auto options = secure();
  options.http2 = GetParam();
  options.baseUrl = servers_.url("https", "slowShake");
  const auto to = origin(options);
  const Response response = post(*to, servers_.url("https", "slowShake", "/hasty"), 1s);
  EXPECT_EQ(response.transport, Transport::notSent) << response.error;
  EXPECT_TRUE(response.timedOut);
  EXPECT_FALSE(ask("/stats")["counts"].contains("/hasty"));
}

TEST_F(OriginTest, UsesNoConnectionLongerThanItsServerMeansToKeepIt) {
  const auto to = origin(plain());
  ASSERT_EQ(post(*to, at("/echo")).status, 200);
  ASSERT_EQ(post(*to, at("/short-lived")).status, 200);
  ASSERT_EQ(post(*to, at("/echo")).status, 200);
  EXPECT_EQ(client_.stats().connections, 2U);
}

TEST_F(OriginTest, SaysNotSentWhenNobodyListens) {
  const auto to = origin({.baseUrl = servers_.url("http", "closed")});
  EXPECT_EQ(post(*to, servers_.url("http", "closed", "/")).transport, Transport::notSent);
}

TEST_F(OriginTest, SaysNotSentWhenTheNameHasNoAddress) {
  const auto to = origin({.baseUrl = "https://tidings.invalid"});
  EXPECT_EQ(post(*to, "https://tidings.invalid/").transport, Transport::notSent);
}

// Two at once through one place; the answer of the second.
Task<Response> secondInLine(Origin& server, std::string url, Deadline first, Deadline second) {
  constexpr auto one = [](Origin& to, std::string at, Deadline by, Response& into) -> Task<void> {
    Request request{Method::post, at};
    into = co_await to.send(std::move(request), by);
  };
  Response ahead, behind;
  Scope scope;
  scope.spawn(one(server, url, first, ahead));
  scope.spawn(one(server, url, second, behind));
  co_await scope.join();
  co_return behind;
}

TEST_P(EitherOriginTest, AsksNobodyWhenTheDeadlinePassedInTheLine) {
  auto options = either();
  options.concurrency = 1;
  const auto to = origin(options);
  const Response waited = loop_.run(secondInLine(*to, eitherAt("/never"), in(200ms), in(100ms)));
  EXPECT_EQ(waited.transport, Transport::busy);
  EXPECT_EQ(ask("/stats")["counts"]["/never"], 1);
}

TEST_P(EitherOriginTest, AsksNobodyAfterALongWaitInTheLine) {
  auto options = either();
  options.concurrency = 1;
  const auto to = origin(options);
  const Response waited =
      loop_.run(secondInLine(*to, eitherAt("/never"), in(placePatience + 200ms), in(60s)));
  EXPECT_EQ(waited.transport, Transport::busy);
  EXPECT_EQ(ask("/stats")["counts"]["/never"], 1);
}

TEST_F(OriginTest, DoesNotRepeatARequestThatDiedOnAKeptConnection) {
  const auto to = origin(plain());
  ASSERT_EQ(post(*to, at("/echo")).status, 200);
  const Response response = post(*to, at("/die-once"));
  EXPECT_EQ(response.transport, Transport::unknown);
  EXPECT_EQ(ask("/stats")["counts"]["/die-once"], 1);
  EXPECT_EQ(post(*to, at("/echo")).status, 200);  // and the handle is as good as new
}

TEST_F(OriginTest, RepeatsItWhereThatIsHarmless) {
  auto options = plain();
  options.repeatable = true;
  const auto to = origin(options);
  ASSERT_EQ(post(*to, at("/echo")).status, 200);
  const Response response = post(*to, at("/die-once"));
  EXPECT_EQ(response.transport, Transport::ok);
  EXPECT_EQ(response.body, "again");
  EXPECT_EQ(ask("/stats")["counts"]["/die-once"], 2);
}

TEST_F(OriginTest, OpensANewConnectionWhenTheKeptOneWasClosed) {
  const auto to = origin(plain());
  ASSERT_EQ(post(*to, at("/close-behind")).status, 200);
  ask("/stats");  // the server has hung up by now
  EXPECT_EQ(post(*to, at("/echo")).status, 200);
  EXPECT_EQ(client_.stats().connections, 2U);
}

TEST_P(EitherOriginTest, KeepsTheStatusOfAnAnswerThatIsTooBig) {
  auto options = either();
  options.maxAnswer = 1000;
  const auto to = origin(options);
  const Response response = post(*to, eitherAt("/big"));
  EXPECT_EQ(response.transport, Transport::ok);
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.truncated);
  EXPECT_EQ(response.body.size(), 1000U);
}

TEST_P(EitherOriginTest, HandsOverRetryAfter) {
  const auto to = origin(either());
  const Response response = post(*to, eitherAt("/busy"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.retryAfter, Millis{7s});
}

TEST_P(EitherOriginTest, FollowsNoRedirect) {
  const auto to = origin(either());
  EXPECT_EQ(post(*to, eitherAt("/moved")).status, 302);
  EXPECT_FALSE(ask("/stats")["counts"].contains("/echo"));
}

TEST_F(OriginTest, TrustsItsCaFile) {
  const auto to = origin(secure());
  EXPECT_EQ(post(*to, tlsAt("/echo")).status, 200);
}

TEST_F(OriginTest, RefusesAnUnknownCa) {
  auto wrong = secure();
  wrong.caFile = servers_.file("otherCa");
  auto system = secure();
  system.caFile.clear();
  for (const auto& options : {wrong, system}) {
    const auto to = origin(options);
    EXPECT_EQ(post(*to, tlsAt("/echo")).transport, Transport::tls);
  }
  EXPECT_FALSE(ask("/stats")["counts"].contains("/echo"));
}

TEST_F(OriginTest, RefusesACertificateForAnotherName) {
  auto options = secure();
  const std::string base = "https://localhost:" + std::to_string(servers_.port("https"));
  options.baseUrl = base;
  const auto to = origin(options);
  EXPECT_EQ(post(*to, base + "/echo").transport, Transport::tls);
}

TEST_F(OriginTest, KeepsItsEncryptedConnection) {
  const auto to = origin(secure());
  for (int i = 0; i < 5; ++i) ASSERT_EQ(post(*to, tlsAt("/echo")).status, 200);
  EXPECT_EQ(nlohmann::json::parse(post(*to, tlsAt("/echo")).body)["version"], "1.1");
  EXPECT_EQ(client_.stats().connections, 1U);
}

TEST_F(OriginTest, SendsALargeBodyWhole) {
  for (const bool encrypted : {false, true}) {
    const auto to = origin(encrypted ? secure() : plain());
    const std::string url = encrypted ? tlsAt("/length") : at("/length");
    const std::string body(4'000'000, 'x');
    const Request request{Method::post, url, nullptr, body};
    const Response response = loop_.run(to->send(request, in(20s)));
    ASSERT_EQ(response.transport, Transport::ok) << response.error;
    EXPECT_EQ(response.body, "4000000");
  }
}

TEST_F(OriginTest, HearsARefusalBeforeTheWholeBodyIsSent) {
  const auto to = origin(plain());
  const std::string url = at("/refuse-early"), body(20'000'000, 'x');
  const Request request{Method::post, url, nullptr, body};
  const Response response = loop_.run(to->send(request, in(10s)));
  EXPECT_EQ(response.status, 413) << response.error;
  EXPECT_EQ(post(*to, at("/echo")).status, 200);
  EXPECT_EQ(client_.stats().connections, 2U);
}

// nginx does so where it needs no body, and so do providers that refuse by the headers alone.
TEST_F(OriginTest, HearsAnHttp2AnswerBeforeTheWholeBodyIsSent) {
  auto options = secure();
  options.baseUrl = servers_.url("https", "early");
  options.http2 = true;
  const auto to = origin(options);
  const std::string url = servers_.url("https", "early", "/");
  for (const size_t size : {0, 1, 1'000, 10'000, 1'000, 1'000}) {
    const std::string body(size, 'x');
    const Request request{Method::post, url, nullptr, body};
    const Response response = loop_.run(to->send(request, in(10s)));
    EXPECT_EQ(response.status, 200) << size << ": " << response.error;
    EXPECT_EQ(response.body, "early");
  }
  EXPECT_EQ(client_.stats().connections, 1U);
}

TEST_F(OriginTest, AsksNoOtherServerThanItsOwn) {
  const auto to = origin(plain());
  const Response response = post(*to, servers_.url("http", "closed", "/"));
  EXPECT_EQ(response.transport, Transport::broken);
  EXPECT_EQ(client_.stats().connections, 0U);
}

TEST_F(OriginTest, SaysUnknownWhenTheAnswerIsNotHttp) {
  const auto to = origin(plain());
  const Response response = post(*to, at("/babble"));
  EXPECT_EQ(response.transport, Transport::unknown);
  EXPECT_EQ(post(*to, at("/echo")).status, 200);
}

TEST_F(OriginTest, SendsManyAtOnceOverOneHttp2Connection) {
  auto options = secure();
  options.http2 = true;
  const auto to = origin(options);
  for (const Response& response : all(*to, tlsAt("/together"), 20)) {
    ASSERT_EQ(response.transport, Transport::ok) << response.error;
    ASSERT_EQ(response.body, "together");
  }
  EXPECT_EQ(client_.stats().connections, 1U);
  EXPECT_EQ(nlohmann::json::parse(post(*to, tlsAt("/echo")).body)["version"], "2.0");
}

// Its server ends a connection after a thousand resets that come faster than 33 a second.
TEST_F(OriginTest, ResetsNoHttp2StreamThatIsOver) {
  EXPECT_TRUE(dropsLateResets());
  auto options = secure();
  options.http2 = true;
  const auto to = origin(options);
  for (int round = 0; round < 120; ++round) {
    for (const Response& response : all(*to, tlsAt(round % 2 == 0 ? "/echo" : "/sized"), 25)) {
      ASSERT_EQ(response.transport, Transport::ok) << response.error;
    }
  }
  EXPECT_EQ(client_.stats().connections, 1U);
}

TEST_F(OriginTest, ResetsTheHttp2StreamOfWhatItGivesUp) {
  auto options = secure();
  options.http2 = true;
  const auto to = origin(options);
  EXPECT_EQ(loop_.run(besideNever(*this, *to, "/echo")).status, 200);
  EXPECT_EQ(post(*to, tlsAt("/echo")).status, 200) << "read after the reset";
  EXPECT_EQ(client_.stats().connections, 1U);
  EXPECT_EQ(ask("/stats")["resets"], 1);
}

// Providers end each connection now and then. Which requests they took they tell, so none is in
// doubt.
TEST_F(OriginTest, SendsAgainWhatAServerThatRetiresAnHttp2ConnectionDidNotTake) {
  auto options = secure();
  options.http2 = true;
  const auto to = origin(options);
  constexpr int rounds = 20, atOnce = 25;
  for (int round = 0; round < rounds; ++round) {
    for (const Response& response : all(*to, tlsAt("/retire"), atOnce)) {
      EXPECT_EQ(response.transport, Transport::ok) << response.error;
      EXPECT_EQ(response.body, "served");
    }
  }
  EXPECT_GT(client_.stats().connections, 10U);
  EXPECT_EQ(ask("/stats")["counts"]["/retire"], rounds * atOnce);
}

TEST_F(OriginTest, IsCertainOnlyOfARefusedHttp2StreamThatNothingWasDone) {
  auto options = secure();
  options.http2 = true;
  const auto to = origin(options);
  EXPECT_EQ(post(*to, tlsAt("/refused-stream")).transport, Transport::notSent);
  EXPECT_EQ(post(*to, tlsAt("/failed-stream")).transport, Transport::unknown);
  EXPECT_EQ(post(*to, tlsAt("/echo")).status, 200);
}

TEST_F(OriginTest, RefusesCleartextBeyondLoopback) {
  const auto refused = client_.origin({.baseUrl = "http://push.example.com"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_TRUE(client_.origin({.baseUrl = "http://push.example.com", .cleartext = true}).ok());
}

TEST_F(OriginTest, RefusesACaFileThatIsNotThere) {
  auto options = secure();
  options.caFile = "/nowhere/ca.pem";
  EXPECT_FALSE(client_.origin(options).ok());
}

TEST_F(OriginTest, EndsEverythingAtOnceWhenAborted) {
  auto options = plain();
  options.concurrency = 1;
  const auto sending = origin(options);
  const auto connecting = origin({.baseUrl = servers_.url("https", "silent")});
  constexpr auto one = [](Origin& to, std::string url, Deadline deadline,
                          Response& into) -> Task<void> {
    Request request{Method::post, url};
    into = co_await to.send(std::move(request), deadline);
  };
  constexpr auto abortOnceOneIsSent = [](Loop& loop, Client& client, Scope& scope) -> Task<void> {
    for (int i = 0; client.stats().requests == 0 && i < 1000; ++i) co_await sleepFor(loop, 10ms);
    client.abort();
    co_await scope.join();
  };
  Response sent, waiting, unsent;
  Scope scope;
  scope.spawn(one(*sending, at("/never"), in(60s), sent));
  scope.spawn(one(*sending, at("/echo"), in(60s), waiting));
  scope.spawn(one(*connecting, servers_.url("https", "silent", "/"), in(60s), unsent));
  loop_.run(abortOnceOneIsSent(loop_, client_, scope));
  EXPECT_EQ(sent.transport, Transport::unknown);
  EXPECT_EQ(waiting.transport, Transport::notSent);
  EXPECT_EQ(unsent.transport, Transport::notSent);
  EXPECT_EQ(post(*sending, at("/echo")).transport, Transport::notSent);
  EXPECT_EQ(client_.stats().inFlight, 0U);
  EXPECT_FALSE(ask("/stats")["counts"].contains("/echo"));
}

TEST_F(OriginTest, AbortsWhatGotItsConnectionInTheSameTurn) {
  const auto to = origin(plain());
  const MonoTime start = clock_.mono();
  EXPECT_EQ(loop_.run(sendStalled(*this, *to, at("/never"))).transport, Transport::notSent);
  EXPECT_LT(clock_.mono() - start, 30s);
}

// The watch stayed behind: PostgreSQL's next session could not be watched, if it got that number.
TEST_F(OriginTest, AConnectionThatIsNotMadeInTimeIsWatchedNoLonger) {
  const FullServer full;
  const auto to = origin({.baseUrl = full.url(), .connectTimeout = 100ms});
  const Response response = post(*to, full.url() + "/");
  EXPECT_EQ(response.transport, Transport::notSent) << response.error;
  const int next = ::eventfd(0, EFD_CLOEXEC);  // the lowest number that is free
  EXPECT_NO_THROW(loop_.watch(next, [](bool, bool) {}));
  ::close(next);
}

}  // namespace
}  // namespace tidings::http
