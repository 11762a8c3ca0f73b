#include "http/message.h"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace tidings::http {
namespace {

TEST(Headers, RefuseLineBreaksWithoutQuotingTheValue) {
  for (const std::string_view value :
       std::initializer_list<std::string_view>{"canary\r\nX: y", "canary\n", {"canary\0", 7}}) {
    try {
      (void)Headers::make({{"Authorization", value}});
      FAIL() << "accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(std::string(error.what()).find("canary"), std::string::npos);
    }
  }
}

TEST(Headers, NameUsWhereNothingElseIsGiven) {
  const auto headers = Headers::make({});
  EXPECT_EQ(headers->lines(), "User-Agent: tidings\r\n");
  const auto* first = static_cast<const curl_slist*>(headers->list());
  ASSERT_NE(first, nullptr);
  EXPECT_STREQ(first->data, "User-Agent: tidings");
  EXPECT_EQ(first->next, nullptr);
}

TEST(Headers, AreTheSameForLibcurl) {
  const auto headers = Headers::make({{"Authorization", "Bearer t"}, {"X-Id", "1"}});
  EXPECT_EQ(headers->lines(), "User-Agent: tidings\r\nAuthorization: Bearer t\r\nX-Id: 1\r\n");
  const auto* second = static_cast<const curl_slist*>(headers->list())->next;
  EXPECT_STREQ(second->data, "Authorization: Bearer t");
  EXPECT_STREQ(second->next->data, "X-Id: 1");
}

}  // namespace
}  // namespace tidings::http
