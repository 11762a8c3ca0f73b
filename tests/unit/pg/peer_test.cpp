#include "pg/peer.h"

#include <gmock/gmock.h>

namespace tidings::pg {
namespace {

using testing::HasSubstr;

TEST(Peer, NothingIsExposedOnThisMachineOrWithProof) {
  for (const char* address : {"", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_EQ(exposureOf({.address = address}), "") << address;
  }
  EXPECT_EQ(exposureOf({.address = "192.0.2.7", .encrypted = true, .verified = true}), "");
}

TEST(Peer, WhatOthersCanReadOrAnswerIsTold) {
  EXPECT_THAT(exposureOf({.address = "192.0.2.7"}), HasSubstr("192.0.2.7 is not encrypted"));
  EXPECT_THAT(exposureOf({.address = "2001:db8::1", .verified = true}), HasSubstr("not encrypted"));
  EXPECT_THAT(exposureOf({.address = "192.0.2.7", .encrypted = true}),
              HasSubstr("nothing proves the server"));
}

}  // namespace
}  // namespace tidings::pg
