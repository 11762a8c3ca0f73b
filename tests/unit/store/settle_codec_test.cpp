#include "store/settle_codec.h"

#include <gtest/gtest.h>

#include "unit/pg/readable.h"

namespace tidings::store {
namespace {

constexpr size_t dayAt = 0, tokenAt = 1, stateAt = 6, nextAt = 8, errorAt = 12, goneAt = 13,
                 refundItemAt = 14, refundCapAt = 16, uncertainAt = 17;

TEST(SettleCodec, ItemsOfAllJobsStandInOneRow) {
  Settlement sent;
  sent.notificationId = "a";
  sent.ticket = {20'000, 77};
  Settlement gone = sent;
  gone.state = DeliveryState::retrying;
  gone.nextAttemptIn = Millis{1'234};
  gone.deactivateAddress = true;
  gone.uncertain = true;
  gone.refundCaps = {"daily", "promo"};
  gone.error = std::string("bad\r\nthing\xff", 11) + std::string(600, 'x');
  const Settlements one{sent}, two{sent, gone};
  const auto params = encodeSettlements({&one, &two});
  std::vector<std::string> values;
  for (const auto& value : params.values()) values.push_back(pg::readable(value));
  ASSERT_EQ(values.size(), 18u);
  EXPECT_EQ(values[dayAt], "{20000,20000,20000}");
  EXPECT_EQ(values[tokenAt], "{77,77,77}");
  EXPECT_EQ(values[stateAt], R"({"sent","sent","retrying"})");
  EXPECT_EQ(values[nextAt], "{NULL,NULL,1234}");
  EXPECT_EQ(values[goneAt], "{3}");
  EXPECT_EQ(values[refundItemAt], "{3,3}");
  EXPECT_EQ(values[uncertainAt], "{3}");
  EXPECT_EQ(values[refundCapAt], R"({"daily","promo"})");
  EXPECT_LE(values[errorAt].size(), std::string_view(R"({NULL,NULL,""})").size() + 512);
  EXPECT_EQ(values[errorAt].find('\n'), std::string::npos);
}

}  // namespace
}  // namespace tidings::store
