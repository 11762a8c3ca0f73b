#include "bench.h"
#include "providers/fcm_answer.h"
#include "providers/smtp_answer.h"
#include "providers/twilio_answer.h"

namespace tidings::bench {
namespace {

constexpr const char* fcmAccepted = R"({
  "name": "projects/shop-4711/messages/0:1700000000000000%e609af1cf9fd7ecd"
})";
constexpr const char* fcmGone = R"({"error": {"code": 404,
  "message": "Requested entity was not found.", "status": "NOT_FOUND",
  "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
               "errorCode": "UNREGISTERED"}]}})";
constexpr const char* twilioAccepted =
    R"({"account_sid": "AC00000000000000000000000000000025", "api_version": "2010-04-01",
 "body": "Kim commented on your photo", "date_created": "Tue, 14 Nov 2023 22:13:20 +0000",
 "date_sent": null, "date_updated": "Tue, 14 Nov 2023 22:13:20 +0000", "direction": "outbound-api",
 "error_code": null, "error_message": null, "from": "+15557122661", "messaging_service_sid": null,
 "num_media": "0", "num_segments": "1", "price": null, "price_unit": "USD",
 "sid": "SM00112233445566778899aabbccddeeff", "status": "queued",
 "subresource_uris": {"media": "/2010-04-01/Accounts/AC25/Messages/SM00/Media.json"},
 "to": "+15558675310", "uri": "/2010-04-01/Accounts/AC25/Messages/SM00.json"})";

using Classify = notification::Outcome (*)(const http::Response&);
Body classifying(Classify classify, int status, const char* body,
                 notification::OutcomeKind expected) {
  http::Response response{.transport = http::Transport::ok, .status = status, .body = body};
  if (classify(response).kind != expected) std::abort();
  return [classify, response] { keep(classify(response)); };
}

using enum notification::OutcomeKind;
const Bench fcm("answer/fcm sent",
                [] { return classifying(providers::classifyFcm, 200, fcmAccepted, sent); });
const Bench gone("answer/fcm gone",
                 [] { return classifying(providers::classifyFcm, 404, fcmGone, recipientGone); });
const Bench twilio("answer/twilio sent", [] {
  return classifying(providers::classifyTwilio, 201, twilioAccepted, sent);
});
const Bench smtp("answer/smtp gone", []() -> Body {
  const http::MailAnswer answer{.transport = http::MailTransport::refused,
                                .stage = http::MailStage::recipient,
                                .reply = 550,
                                .enhanced = "5.1.1",
                                .text = "<ada@example.com>: Recipient address rejected"};
  return [answer] { keep(providers::classifySmtp(answer)); };
});

}  // namespace
}  // namespace tidings::bench
