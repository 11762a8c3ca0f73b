#include "notification/fan_out.h"

#include <gtest/gtest.h>

#include "notification/notification.h"
#include "unit/json/tree.h"

namespace tidings::notification {
namespace {

std::string childOf(std::string_view body, std::string_view recipient) {
  return FanOut(body).childFor(recipient);
}

TEST(FanOut, ReplacesTheRecipients) {
  EXPECT_EQ(childOf(R"({"id":"e","recipients":["a","b"],"type":"t"})", "b"),
            R"({"recipient":"b","id":"e","type":"t"})");
  EXPECT_EQ(childOf(R"({"topic":"news","id":"e"})", "u9"), R"({"recipient":"u9","id":"e"})");
}

TEST(FanOut, KeepsEveryOtherByte) {
  EXPECT_EQ(
      childOf("{ \"id\" : \"e\" ,\n \"topic\":\"t\", \"data\":{\"topic\":\"kept\", \"n\":1.50e1} }",
              "u"),
      "{\"recipient\":\"u\",\"id\" : \"e\" ,\"data\":{\"topic\":\"kept\", \"n\":1.50e1} }");
}

TEST(FanOut, SeesThroughEscapedAndRepeatedKeys) {
  EXPECT_EQ(childOf(R"({"t\u006fpic":"t","recipient":null,"topic":"u","a":1})", "u"),
            R"({"recipient":"u","a":1})");
}

TEST(FanOut, IsNotFooledByStrings) {
  EXPECT_EQ(childOf(R"({"title":"},\"topic\":{[\\","topic":"t"})", "u"),
            R"({"recipient":"u","title":"},\"topic\":{[\\"})");
}

TEST(FanOut, EscapesTheRecipient) {
  EXPECT_EQ(childOf(R"({"topic":"t"})", "a\"b\\"), R"({"recipient":"a\"b\\"})");
}

TEST(FanOut, ChildrenDecodeToTheParentWithOneRecipient) {
  const std::string body =
      R"({"id":"e","type":"like","recipients":[7,"b"],"data":{"x":[1,{"y":"\u00e9"}]},"title":"T"})";
  auto parent = decode(body, DecodeHints{});
  ASSERT_TRUE(parent);
  const FanOut fanOut(body);
  for (const auto& recipient : parent->recipients) {
    const auto child = decode(fanOut.childFor(recipient), DecodeHints{});
    ASSERT_TRUE(child);
    EXPECT_EQ(child->recipient, recipient);
    EXPECT_FALSE(child->fansOut());
    EXPECT_EQ(treeOf(child->data), treeOf(parent->data));
    EXPECT_EQ(child->title, parent->title);
    EXPECT_EQ(child->id, parent->id);
  }
}

TEST(FanOut, AChildOfAFullSizeTopicStillFits) {
  const std::string head = R"({"id":"e","type":"like","topic":"t","title":")";
  const std::string body = head + std::string(maxBodyBytes - 512 - head.size() - 2, 'x') + "\"}";
  ASSERT_TRUE(decode(body, DecodeHints{}));
  EXPECT_TRUE(decode(childOf(body, std::string(128, '"')), DecodeHints{}));
}

TEST(FanOut, NeverReadsPastWhatIsNotJson) {
  for (const char* bad : {"", "{", "{\"", "{\"a", "{\"a\\", "{\"a\":[", "[]", "{\"\\", "}"}) {
    childOf(bad, "u");
  }
}

}  // namespace
}  // namespace tidings::notification
