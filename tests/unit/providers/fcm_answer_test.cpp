#include "providers/fcm_answer.h"

#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using K = OutcomeKind;
using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* fcmError = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
constexpr const char* apnsError = "type.googleapis.com/google.firebase.fcm.v1.ApnsError";
constexpr const char* badRequest = "type.googleapis.com/google.rpc.BadRequest";

std::string errorBody(int code, const std::string& status, json details = json::array(),
                      const std::string& message = "for people") {
  json error{{"code", code}, {"message", message}, {"status", status}};
  if (!details.empty()) error["details"] = std::move(details);
  return json{{"error", std::move(error)}}.dump();
}

json withCode(const std::string& code) {
  return json::array({json{{"@type", fcmError}, {"errorCode", code}}});
}

struct Row {
  int http;
  std::string status, errorCode;
  K kind;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.http << ' ' << row.status << ' ' << row.errorCode;
}

class FcmTable : public testing::TestWithParam<Row> {};

TEST_P(FcmTable, HasItsClass) {
  const Row& row = GetParam();
  const json details = row.errorCode.empty() ? json::array() : withCode(row.errorCode);
  const Outcome outcome = classifyFcm(answerOf(row.http, errorBody(row.http, row.status, details)));
  EXPECT_EQ(outcome.kind, row.kind);
  EXPECT_EQ(outcome.code, row.errorCode.empty() ? row.status : row.errorCode);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FcmTable,
    testing::Values(Row{400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", K::permanent},
                    Row{400, "INVALID_ARGUMENT", "", K::permanent},
                    Row{401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", K::auth},
                    Row{401, "UNAUTHENTICATED", "APNS_AUTH_ERROR", K::auth},
                    Row{401, "UNAUTHENTICATED", "", K::auth},
                    Row{403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", K::recipientGone},
                    Row{403, "PERMISSION_DENIED", "", K::auth},
                    Row{404, "NOT_FOUND", "UNREGISTERED", K::recipientGone},
                    Row{404, "NOT_FOUND", "", K::auth},
                    Row{429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", K::throttled},
                    Row{429, "RESOURCE_EXHAUSTED", "", K::throttled},
                    Row{500, "INTERNAL", "INTERNAL", K::transient},
                    Row{500, "INTERNAL", "", K::transient},
                    Row{503, "UNAVAILABLE", "UNAVAILABLE", K::transient},
                    Row{503, "UNAVAILABLE", "", K::transient},
                    Row{400, "FAILED_PRECONDITION", "UNSPECIFIED_ERROR", K::permanent},
                    Row{502, "WHATEVER", "UNSPECIFIED_ERROR", K::transient}));

TEST(FcmAnswer, AcceptedGivesTheWholeNameAsMessageId) {
  const Outcome outcome = classifyFcm(answerOf(200, R"({"name":"projects/p/messages/0:15%31bd"})"));
  EXPECT_EQ(outcome.kind, K::sent);
  EXPECT_EQ(outcome.providerMessageId, "projects/p/messages/0:15%31bd");
  EXPECT_FALSE(outcome.nothingSent);
}

TEST(FcmAnswer, SuccessThatCannotBeReadIsUnknown) {
  for (const char* body : {"", "{", "[]", "{}", R"({"name":7})", "<html>ok</html>"}) {
    EXPECT_EQ(classifyFcm(answerOf(200, body)).kind, K::unknown) << body;
  }
}

TEST(FcmAnswer, ARegistrationTokenThatIsNoneIsGone) {
  const std::string text = "The registration token is not a valid FCM registration token";
  const auto body = errorBody(400, "INVALID_ARGUMENT", withCode("INVALID_ARGUMENT"), text);
  EXPECT_EQ(classifyFcm(answerOf(400, body)).kind, K::recipientGone);
}

TEST(FcmAnswer, ATooBigPayloadIsTooLarge) {
  for (const char* text : {"Message is too big", "payload too large", "Data exceeds 4096 bytes"}) {
    const auto body = errorBody(400, "INVALID_ARGUMENT", withCode("INVALID_ARGUMENT"), text);
    EXPECT_EQ(classifyFcm(answerOf(400, body)).kind, K::tooLarge) << text;
  }
}

TEST(FcmAnswer, FieldViolationsArePermanentWhateverTheyName) {
  const json details = json::array({json{
      {"@type", badRequest},
      {"fieldViolations",
       json::array({json{{"field", "message.android.ttl"}, {"description", "Invalid TTL"}}})}}});
  const auto body = errorBody(400, "INVALID_ARGUMENT", details, "Invalid value at message.token");
  EXPECT_EQ(classifyFcm(answerOf(400, body)).kind, K::permanent);
}

TEST(FcmAnswer, ADeadTokenOfTheApnsSideWinsOverFcmsCode) {
  for (const char* reason :
       {"Unregistered", "BadDeviceToken", "ExpiredToken", "DeviceTokenNotForTopic"}) {
    const json details = json::array({json{{"@type", fcmError}, {"errorCode", "INVALID_ARGUMENT"}},
                                      json{{"@type", apnsError}, {"reason", reason}}});
    const Outcome outcome = classifyFcm(answerOf(400, errorBody(400, "INVALID_ARGUMENT", details)));
    EXPECT_EQ(outcome.kind, K::recipientGone) << reason;
    EXPECT_EQ(outcome.code, reason);
  }
  const json details = json::array({json{{"@type", apnsError}, {"statusCode", 410}}});
  EXPECT_EQ(classifyFcm(answerOf(400, errorBody(400, "INVALID_ARGUMENT", details))).kind,
            K::recipientGone);
}

TEST(FcmAnswer, ABadApnsKeyIsOurConfiguration) {
  for (const char* reason :
       {"InvalidProviderToken", "ExpiredProviderToken", "BadEnvironmentKeyInToken"}) {
    const json details =
        json::array({json{{"@type", apnsError}, {"statusCode", 403}, {"reason", reason}}});
    EXPECT_EQ(classifyFcm(answerOf(403, errorBody(403, "PERMISSION_DENIED", details))).kind,
              K::auth)
        << reason;
  }
}

TEST(FcmAnswer, QuotaWaitsAMinuteAtLeast) {
  const auto body = errorBody(429, "RESOURCE_EXHAUSTED", withCode("QUOTA_EXCEEDED"));
  EXPECT_EQ(classifyFcm(answerOf(429, body)).retryAfter, Millis{60s});
  EXPECT_EQ(classifyFcm(answerOf(429, body, 2s)).retryAfter, Millis{60s});
  EXPECT_EQ(classifyFcm(answerOf(429, body, 300s)).retryAfter, Millis{300s});
}

TEST(FcmAnswer, AnOverloadedServiceWaitsTenSecondsAtLeast) {
  const auto body = errorBody(503, "UNAVAILABLE", withCode("UNAVAILABLE"));
  EXPECT_EQ(classifyFcm(answerOf(503, body, 2s)).retryAfter, Millis{10s});
  EXPECT_EQ(classifyFcm(answerOf(503, body, 42s)).retryAfter, Millis{42s});
}

TEST(FcmAnswer, AProxysPageIsReadByItsStatus) {
  const std::string page = "<html><h1>502 Bad Gateway</h1></html>";
  EXPECT_EQ(classifyFcm(answerOf(502, page)).kind, K::transient);
  EXPECT_EQ(classifyFcm(answerOf(413, page)).kind, K::tooLarge);
  EXPECT_EQ(classifyFcm(answerOf(302, page)).kind, K::auth);
  EXPECT_EQ(classifyFcm(answerOf(401, page)).code, kFcmUnauthenticated);
}

TEST(FcmAnswer, Only503AmongTheServersErrorsProvesThatNothingWasSent) {
  EXPECT_FALSE(classifyFcm(answerOf(500, errorBody(500, "INTERNAL"))).nothingSent);
  EXPECT_TRUE(classifyFcm(answerOf(503, errorBody(503, "UNAVAILABLE"))).nothingSent);
  EXPECT_TRUE(classifyFcm(answerOf(404, errorBody(404, "NOT_FOUND"))).nothingSent);
}

TEST(FcmAnswer, HostileBodiesAreReadByTheirStatus) {
  for (const char* body :
       {"{\"error\":7}", "{\"error\":{\"details\":{}}}", "{\"error\":{\"details\":[1,null,[]]}}",
        "{\"error\":{\"details\":[{\"@type\":5,\"errorCode\":[]}]}}",
        "{\"error\":{\"status\":{},\"message\":[1]}}", "\"\\ud800\"", "\xff\xfe"}) {
    EXPECT_EQ(classifyFcm(answerOf(400, body)).kind, K::permanent) << body;
  }
}

TEST(FcmAnswer, TransportFailures) {
  EXPECT_EQ(classifyFcm(failureOf(http::Transport::notSent)).kind, K::transient);
  EXPECT_TRUE(classifyFcm(failureOf(http::Transport::notSent)).nothingSent);
  EXPECT_EQ(classifyFcm(failureOf(http::Transport::unknown)).kind, K::unknown);
  EXPECT_FALSE(classifyFcm(failureOf(http::Transport::unknown)).nothingSent);
  EXPECT_EQ(classifyFcm(failureOf(http::Transport::tls)).kind, K::auth);
  EXPECT_EQ(classifyFcm(failureOf(http::Transport::broken)).kind, K::permanent);
}

TEST(FcmAnswer, TheNameIsFoundHoweverTheAnswerIsWritten) {
  for (const char* body :
       {R"({"name":"projects/p/messages/1"})", "{\r\n  \"name\" : \"projects/p/messages/1\"\n}\n",
        R"({"name":"projects\/p\/messages\/1"})", R"({"more":[1],"name":"projects/p/messages/1"})",
        R"({"name":"projects/p/messages/1","more":1})"}) {
    const Outcome outcome = classifyFcm(answerOf(200, body));
    EXPECT_EQ(outcome.kind, K::sent) << body;
    EXPECT_EQ(outcome.providerMessageId, "projects/p/messages/1") << body;
  }
}

TEST(FcmAnswer, ANameInWhatIsNotJsonIsNone) {
  for (const char* body : {R"({"name":"x")", R"({"name":"x"}})", R"({"name":"x})", R"({"name":""})",
                           R"("name":"x"})", R"({"name" "x"})", R"({"name":"x"} y)"}) {
    EXPECT_EQ(classifyFcm(answerOf(200, body)).kind, K::unknown) << body;
  }
}

}  // namespace
}  // namespace tidings::providers
