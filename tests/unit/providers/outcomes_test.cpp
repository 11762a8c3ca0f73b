#include "base/utf8.h"
#include "providers/encode.h"
#include "providers/gone_guard.h"
#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using K = OutcomeKind;

TEST(StatusOutcome, HasTheClassOfTheTable) {
  const std::pair<K, std::vector<int>> rows[] = {
      {K::unknown, {200, 202, 204}},
      {K::auth, {301, 302, 307, 401, 402, 403, 404, 407, 410}},
      {K::permanent, {400, 405, 406, 411, 414, 415, 422, 431, 501, 505}},
      {K::transient, {408, 409, 421, 425, 500, 502, 503, 504, 507, 520, 530}},
      {K::tooLarge, {413}},
      {K::throttled, {429}}};
  for (const auto& [kind, statuses] : rows) {
    for (const int status : statuses) {
      EXPECT_EQ(fromStatus(answerOf(status, "")).kind, kind) << status;
    }
  }
}

TEST(Redactor, TakesSecretsOutWhereverTheyStand) {
  Redactor redactor;
  redactor.add("canary");
  redactor.add("canary-and-more");
  redactor.add("abc");  // too short to be one
  Outcome outcome = outcomeOf(K::auth, "code canary", "x canary-and-more y canarycanary abc");
  redactor.clean(outcome);
  EXPECT_EQ(outcome.error, "x *** y ****** abc");
  EXPECT_EQ(outcome.code, "code ***");
}

TEST(Redactor, KeepsTextsShortAndClean) {
  Redactor redactor;
  Outcome outcome =
      outcomeOf(K::auth, std::string(500, 'c'), "a\r\nb\xff" + std::string(9'000, 'x'));
  redactor.clean(outcome);
  EXPECT_LE(outcome.error.size(), 512u);
  EXPECT_LE(outcome.code.size(), 64u);
  EXPECT_FALSE(findInvalidUtf8(outcome.error));
  EXPECT_EQ(outcome.error.find_first_of("\r\n"), std::string::npos);
}

Outcome judged(GoneGuard& guard, K kind) {
  Outcome outcome = outcomeOf(kind, "", "why");
  guard.judge(outcome);
  return outcome;
}

TEST(GoneGuard, FewSamplesProveNothing) {
  GoneGuard guard;
  for (int i = 0; i < 19; ++i) EXPECT_EQ(judged(guard, K::recipientGone).kind, K::recipientGone);
  EXPECT_EQ(judged(guard, K::recipientGone).kind, K::auth);
}

TEST(GoneGuard, HalfOfThemMayBeGone) {
  GoneGuard guard;
  for (int i = 0; i < 200; ++i) {
    judged(guard, K::sent);
    EXPECT_EQ(judged(guard, K::recipientGone).kind, K::recipientGone);
  }
}

TEST(GoneGuard, MoreThanHalfIsOurConfiguration) {
  GoneGuard guard;
  for (int i = 0; i < 100; ++i) judged(guard, K::sent);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(judged(guard, K::recipientGone).kind, K::recipientGone);
  const Outcome outcome = judged(guard, K::recipientGone);
  EXPECT_EQ(outcome.kind, K::auth);
  EXPECT_NE(outcome.error.find("why"), std::string::npos);
}

TEST(GoneGuard, TrustsAgainWhenAddressesAnswer) {
  GoneGuard guard;
  for (int i = 0; i < 100; ++i) judged(guard, K::recipientGone);
  for (int i = 0; i < 60; ++i) judged(guard, K::permanent);
  EXPECT_EQ(judged(guard, K::recipientGone).kind, K::recipientGone);
}

TEST(GoneGuard, OnlyAnswersAboutAddressesCount) {
  GoneGuard guard;
  for (int i = 0; i < 19; ++i) judged(guard, K::recipientGone);
  for (const K kind : {K::transient, K::throttled, K::auth, K::unknown}) {
    EXPECT_EQ(judged(guard, kind).kind, kind);
  }
  EXPECT_EQ(judged(guard, K::recipientGone).kind, K::auth);
}

TEST(Encode, Base64) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"},
                                                      {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : rows) EXPECT_EQ(base64(bytes), text);
}

TEST(Encode, Percent) {
  EXPECT_EQ(percent("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent("+ &=%/\r\n주"), "%2B%20%26%3D%25%2F%0D%0A%EC%A3%BC");
}

TEST(Encode, HeaderValuesAreVisibleAscii) {
  EXPECT_EQ(headerValue("order-4711:a/b?c=d"), "order-4711:a/b?c=d");
  EXPECT_EQ(headerValue("a\r\nX: y"), "a%0D%0AX:%20y");
  EXPECT_EQ(headerValue(std::string_view("\0\x7f%주", 6)), "%00%7F%25%EC%A3%BC");
  EXPECT_EQ(headerValue(std::string(1'000, 'x')).size(), 512u);
  EXPECT_EQ(headerValue("ab\n", 4), "ab");
}

TEST(Encode, JsonText) {
  std::string out;
  appendJson(out, "\"\\\n\r\t\x01 주\xff");
  EXPECT_EQ(out, "\"\\\"\\\\\\n\\r\\t\\u0001 주\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace tidings::providers
