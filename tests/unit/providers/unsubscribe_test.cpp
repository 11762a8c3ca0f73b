#include "providers/unsubscribe.h"

#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

std::string headers(std::string_view text, const OutboundMessage& message = messageTo("a@b.c")) {
  auto parsed = Unsubscribe::parse(text);
  if (!parsed.ok()) return "error: " + parsed.error().message;
  std::string out;
  parsed->append(out, message);
  return out;
}

TEST(Unsubscribe, NoTextNoHeader) {
  EXPECT_EQ(headers(""), "");
  EXPECT_EQ(headers("  "), "");
}

TEST(Unsubscribe, OneClickNeedsHttps) {
  EXPECT_EQ(headers("mailto:u@example.com"), "List-Unsubscribe: <mailto:u@example.com>\r\n");
  EXPECT_EQ(headers("http://a.example/u"), "List-Unsubscribe: <http://a.example/u>\r\n");
  EXPECT_EQ(headers("<https://a.example/u> , <mailto:u@example.com>"),
            "List-Unsubscribe: <https://a.example/u>,\r\n <mailto:u@example.com>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

TEST(Unsubscribe, FillsInThePercentEncodedFields) {
  OutboundMessage message = messageTo("a+b@example.com");
  message.recipient = "kim/7?x=1&y, >\r\n";
  message.notificationId = "n 1";
  message.deliveryId = "d";
  EXPECT_EQ(headers("mailto:u@e.com?subject={{recipient}}+{{ address }}+{{notificationId}}+"
                    "{{deliveryId}}",
                    message),
            "List-Unsubscribe: <mailto:u@e.com?subject=kim%2F7%3Fx%3D1%26y%2C%20%3E%0D%0A+"
            "a%2Bb%40example.com+n%201+d>\r\n");
}

TEST(Unsubscribe, ALinkThatGrowsTooLongIsLeftOut) {
  OutboundMessage message = messageTo("a@b.c");
  message.recipient = std::string(1'000, 'x');
  EXPECT_EQ(headers("https://a.example/{{recipient}}", message), "");
  EXPECT_EQ(headers("https://a.example/{{recipient}},mailto:u@e.com", message),
            "List-Unsubscribe: <mailto:u@e.com>\r\n");
}

TEST(Unsubscribe, RefusesWhatItCannotWrite) {
  for (const char* bad : {"a.example/u", "javascript:alert(1)", "https://a.example/{{name}}",
                          "https://a/{{recipient", "https://a.example/ u", "https://a.example/<u>",
                          "https://a\r\nBcc: x", "https://a/,", "https://a.example/주"}) {
    EXPECT_EQ(headers(bad).substr(0, 7),
              std::string_view(bad).ends_with(",") ? "List-Un" : "error: ")
        << bad;
  }
}

}  // namespace
}  // namespace tidings::providers
