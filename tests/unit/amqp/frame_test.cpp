#include "amqp/frame.h"

#include <gtest/gtest.h>

namespace tidings::amqp {
namespace {

std::string framed(std::string_view payload) {
  std::string bytes;
  const size_t at = beginFrame(bytes, FrameType::body, 7);
  bytes += payload;
  endFrame(bytes, at);
  return bytes;
}

TEST(Frame, IsReadBackWithWhatFollowsLeft) {
  const std::string bytes = framed("payload") + "rest";
  std::string_view left = bytes;
  Frame frame;
  ASSERT_EQ(readFrame(left, 4096, frame), FrameRead::complete);
  EXPECT_EQ(frame.type, FrameType::body);
  EXPECT_EQ(frame.channel, 7);
  EXPECT_EQ(frame.payload, "payload");
  EXPECT_EQ(left, "rest");
}

TEST(Frame, IsWaitedForWhileIncomplete) {
  const std::string bytes = framed("payload");
  for (size_t length = 0; length < bytes.size(); ++length) {
    std::string_view left = std::string_view(bytes).substr(0, length);
    Frame frame;
    EXPECT_EQ(readFrame(left, 4096, frame), FrameRead::needMore);
    EXPECT_EQ(left.size(), length);
  }
}

TEST(Frame, IsDamagedWhenTooLongOrWithoutItsEndMark) {
  std::string bytes = framed("payload");
  Frame frame;
  std::string_view left = bytes;
  EXPECT_EQ(readFrame(left, bytes.size() - 1, frame), FrameRead::damaged);
  bytes.back() = 'x';
  left = bytes;
  EXPECT_EQ(readFrame(left, 4096, frame), FrameRead::damaged);
}

}  // namespace
}  // namespace tidings::amqp
