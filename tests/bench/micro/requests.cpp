#include "bench.h"
#include "providers/fcm_request.h"
#include "providers/smtp_message.h"
#include "providers/twilio_request.h"
#include "samples.h"

namespace tidings::bench {
namespace {

const Bench fcm("request/fcm", []() -> Body {
  return [message = outbound(std::string(152, 'd'))] { keep(providers::buildFcm(message, now)); };
});

const Bench twilio("request/twilio", []() -> Body {
  config::TwilioConfig config;
  config.from = "+15557122661";
  config.statusCallback = "https://hooks.example.com/twilio";
  return [config, message = outbound("+15558675310")] {
    keep(providers::buildTwilio(message, config));
  };
});

const Bench smtp("request/smtp", []() -> Body {
  config::SmtpConfig config;
  config.from = "Tidings <notifications@example.com>";
  config.listUnsubscribe = "https://app.example.com/unsubscribe/{{recipient}}";
  return [style = need(providers::mailStyleOf(config)), message = outbound("ada@example.com")] {
    keep(providers::buildMail(message, style, now));
  };
});

}  // namespace
}  // namespace tidings::bench
