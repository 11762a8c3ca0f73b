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
  const auto* first = static_cast<const curl_slist*>(headers->native());
  ASSERT_NE(first, nullptr);
  EXPECT_STREQ(first->data, "User-Agent: tidings");
  EXPECT_EQ(first->next, nullptr);
}

}  // namespace
}  // namespace tidings::http
