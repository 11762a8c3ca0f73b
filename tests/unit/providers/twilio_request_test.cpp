#include "providers/twilio_request.h"

#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using namespace std::chrono_literals;

config::TwilioConfig fromNumber() {
  config::TwilioConfig config;
  config.from = "+15557122661";
  return config;
}

TEST(TwilioRequest, Minimal) {
  EXPECT_EQ(buildTwilio(messageTo("+15558675310"), fromNumber()),
            "To=%2B15558675310&From=%2B15557122661&Body=Order%204711%20shipped");
}

TEST(TwilioRequest, Full) {
  config::TwilioConfig config;
  config.messagingServiceSid = "MG01";
  config.statusCallback = "https://hooks.example.com/cb";
  OutboundMessage message = messageTo("+15558675310");
  message.text = "주문 🚚";
  message.timeToLive = 1h;
  message.notificationId = "a&b=c d";
  message.deliveryId = "d-42";
  EXPECT_EQ(buildTwilio(message, config),
            "To=%2B15558675310&MessagingServiceSid=MG01&Body=%EC%A3%BC%EB%AC%B8%20%F0%9F%9A%9A"
            "&StatusCallback=https%3A%2F%2Fhooks.example.com%2Fcb%3Fid%3Da%2526b%253Dc%2520d"
            "%26d%3Dd-42&ValidityPeriod=3600");
}

TEST(TwilioRequest, TheCallbackKeepsItsQueryAndItsFragment) {
  config::TwilioConfig config = fromNumber();
  OutboundMessage message = messageTo("+15558675310");
  message.notificationId = "n";
  message.deliveryId = "d";
  config.statusCallback = "https://h.example/cb?key=1#rc=3";
  EXPECT_NE(buildTwilio(message, config)
                .find("&StatusCallback="
                      "https%3A%2F%2Fh.example%2Fcb%3Fkey%3D1%26id%3Dn%26d%3Dd%23rc%3D3"),
            std::string::npos);
}

TEST(TwilioRequest, ValidityStaysInItsRange) {
  OutboundMessage message = messageTo("+15558675310");
  const auto validity = [&message](Millis wait) {
    message.timeToLive = wait;
    const std::string form = buildTwilio(message, fromNumber());
    const size_t at = form.find("&ValidityPeriod=");
    return at == std::string::npos ? "" : form.substr(at + 16);
  };
  EXPECT_EQ(validity(1s), "6");
  EXPECT_EQ(validity(61'900ms), "61");
  EXPECT_EQ(validity(24h), "");
}

TEST(TwilioRequest, NothingEscapesItsParameter) {
  OutboundMessage message = messageTo("+1&From=evil\r\n");
  message.text = "a&To=b\r\n%";
  EXPECT_EQ(buildTwilio(message, fromNumber()),
            "To=%2B1%26From%3Devil%0D%0A&From=%2B15557122661&Body=a%26To%3Db%0D%0A%25");
}

TEST(TwilioRequest, CountsCharactersNotBytes) {
  EXPECT_EQ(characters(""), 0u);
  EXPECT_EQ(characters("abc"), 3u);
  EXPECT_EQ(characters("주문🚚"), 3u);
}

}  // namespace
}  // namespace tidings::providers
