#include "http/message.h"

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

TEST(Headers, MayBeEmpty) { EXPECT_EQ(Headers::make({})->native(), nullptr); }

}  // namespace
}  // namespace tidings::http
