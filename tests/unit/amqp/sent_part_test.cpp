#include "amqp/sent_part.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidings::amqp {
namespace {

constexpr size_t mebibyte = 1 << 20;

TEST(SentPart, IsLetGoOfWhenAllIsSent) {
  std::string out = "all";
  size_t sent = 3;
  dropSent(out, sent);
  EXPECT_EQ(out, "");
  EXPECT_EQ(sent, 0u);
}

TEST(SentPart, StaysWhileItIsSmall) {
  std::string out = "sent and not";
  size_t sent = 4;
  dropSent(out, sent);
  EXPECT_EQ(out.substr(sent), " and not");
  EXPECT_EQ(sent, 4u);
}

// Something always waits behind what was sent, as with a broker that is slower than we are.
TEST(SentPart, DoesNotGrowWithTheBacklogsAge) {
  std::string out(3 * mebibyte, 'w');
  size_t sent = 0, most = 0;
  for (int turn = 0; turn < 100; ++turn) {
    out.append(mebibyte, static_cast<char>('a' + turn % 26));
    sent += mebibyte;
    dropSent(out, sent);
    ASSERT_EQ(out.size() - sent, 3 * mebibyte);
    ASSERT_EQ(out.back(), 'a' + turn % 26);
    most = std::max(most, out.size());
  }
  EXPECT_LE(most, 8 * mebibyte);
}

}  // namespace
}  // namespace tidings::amqp
