#include "providers/twilio_answer.h"

#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using K = OutcomeKind;
using namespace std::chrono_literals;

std::string errorBody(int code, int status) {
  return nlohmann::json{{"code", code}, {"message", "for people"}, {"status", status}}.dump();
}

struct Row {
  K kind;
  std::vector<int> codes;
};

void PrintTo(const Row& row, std::ostream* out) { *out << toString(row.kind); }

class TwilioTable : public testing::TestWithParam<Row> {};

TEST_P(TwilioTable, HasItsClass) {
  for (const int code : GetParam().codes) {
    const Outcome outcome = classifyTwilio(answerOf(400, errorBody(code, 400)));
    EXPECT_EQ(outcome.kind, GetParam().kind) << code;
    EXPECT_EQ(outcome.code, std::to_string(code));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TwilioTable,
    testing::Values(
        Row{K::throttled, {20429, 14107, 21611, 30001, 30022, 30023, 30027, 63018}},
        Row{K::transient, {20500, 20503, 20409, 30003, 30017, 30450, 30500}},
        Row{K::auth, {20003, 20006, 20008, 20403, 20010, 20404, 20005, 10001, 90010, 30002}},
        Row{K::auth, {21212, 21601, 21606, 21607, 21616, 21621, 21622, 21659, 21660, 21661,
                      21701, 21702, 21703, 21704, 21705, 21709, 21711, 21712, 21608, 21219}},
        Row{K::auth, {30018, 30024, 30032, 30033, 30034, 30035, 30440}},
        Row{K::permanent, {20001, 21602, 21603, 21604, 21609, 21618, 21619, 21620, 21623,
                           21624, 90007, 30045, 21654, 21655, 21656, 21612, 30004, 30007,
                           30038, 30010, 30011, 30012, 30036, 30610, 30620}},
        // Only that country is closed: it must not stop the messages to the others.
        Row{K::permanent, {21408}}, Row{K::tooLarge, {21605, 21617, 30019, 30044}},
        Row{K::recipientGone, {21211, 21421, 21614, 21635, 21610, 30630, 30005, 30006}},
        Row{K::unknown, {30008, 30410}}, Row{K::permanent, {21999, 29999}}));

TEST(TwilioAnswer, AcceptedGivesTheSid) {
  for (const int status : {200, 201}) {
    const Outcome outcome =
        classifyTwilio(answerOf(status, R"({"sid":"SM01","status":"queued","error_code":null})"));
    EXPECT_EQ(outcome.kind, K::sent);
    EXPECT_EQ(outcome.providerMessageId, "SM01");
  }
}

TEST(TwilioAnswer, AcceptedAndFailedInOneBreathIsReadByItsCode) {
  const auto outcome = [](const char* body) { return classifyTwilio(answerOf(201, body)); };
  EXPECT_EQ(outcome(R"({"sid":"SM01","status":"failed","error_code":21610})").kind,
            K::recipientGone);
  EXPECT_EQ(outcome(R"({"sid":"SM01","status":"failed","error_code":"30007"})").kind, K::permanent);
  EXPECT_EQ(outcome(R"({"sid":"SM01","status":"canceled","error_code":null})").kind, K::permanent);
  EXPECT_EQ(outcome(R"({"sid":"SM01","status":"undelivered","error_code":30008})").kind,
            K::unknown);
}

// Such an answer was called unknown and certainly unsent at once.
TEST(TwilioAnswer, NobodyKnowsWhetherWhatIsUnknownWasSent) {
  for (const int code : {30008, 30410}) {
    const Outcome outcome = classifyTwilio(answerOf(400, errorBody(code, 400)));
    EXPECT_EQ(outcome.kind, K::unknown) << code;
    EXPECT_FALSE(outcome.nothingSent) << code;
  }
}

TEST(TwilioAnswer, SuccessThatCannotBeReadIsUnknown) {
  for (const char* body : {"", "{", "[]", R"({"sid":7})", "<html>"}) {
    EXPECT_EQ(classifyTwilio(answerOf(201, body)).kind, K::unknown) << body;
  }
}

TEST(TwilioAnswer, UnknownCodesGoByStatusWhereThatTellsMore) {
  EXPECT_EQ(classifyTwilio(answerOf(401, errorBody(29998, 401))).kind, K::auth);
  EXPECT_EQ(classifyTwilio(answerOf(403, errorBody(29998, 403))).kind, K::auth);
  EXPECT_EQ(classifyTwilio(answerOf(404, errorBody(29998, 404))).kind, K::auth);
  EXPECT_EQ(classifyTwilio(answerOf(429, errorBody(29998, 429))).kind, K::throttled);
  EXPECT_EQ(classifyTwilio(answerOf(500, errorBody(29998, 500))).kind, K::transient);
  EXPECT_EQ(classifyTwilio(answerOf(503, "<html>")).kind, K::transient);
}

TEST(TwilioAnswer, Pauses) {
  const auto pause = [](int code, std::optional<Millis> told = std::nullopt) {
    return classifyTwilio(answerOf(429, errorBody(code, 429), told)).retryAfter;
  };
  EXPECT_EQ(pause(20429), Millis{1s});
  EXPECT_EQ(pause(20429, 7s), Millis{7s});
  EXPECT_EQ(pause(14107), Millis{30s});
  EXPECT_EQ(pause(21611), Millis{120s});
  EXPECT_EQ(pause(63018), Millis{1s});
  EXPECT_EQ(classifyTwilio(answerOf(429, "")).retryAfter, Millis{1s});
  EXPECT_EQ(classifyTwilio(answerOf(503, "", 9s)).retryAfter, Millis{9s});
}

TEST(TwilioAnswer, HostileBodiesAreReadByTheirStatus) {
  for (const char* body : {"{\"code\":-1}", "{\"code\":1e99}", "{\"code\":\"99999999999999\"}",
                           "{\"code\":[],\"message\":{}}", "\xff", "{\"code\":null}"}) {
    EXPECT_EQ(classifyTwilio(answerOf(400, body)).kind, K::permanent) << body;
  }
}

TEST(TwilioAnswer, TransportFailures) {
  EXPECT_EQ(classifyTwilio(failureOf(http::Transport::notSent)).kind, K::transient);
  EXPECT_EQ(classifyTwilio(failureOf(http::Transport::unknown)).kind, K::unknown);
  EXPECT_EQ(classifyTwilio(failureOf(http::Transport::tls)).kind, K::auth);
}

}  // namespace
}  // namespace tidings::providers
