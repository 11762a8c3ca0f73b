#include "json_lines.h"

#include <gtest/gtest.h>

namespace tidings::cli {
namespace {

struct Seen {
  size_t line;
  std::string text;
  bool operator==(const Seen&) const = default;
};

// Fed in steps of every size, the result must be the same.
std::vector<Seen> cut(std::string_view text, size_t step, size_t most = 1000) {
  JsonLines lines(most);
  std::vector<Seen> seen;
  const auto keep = [&seen](std::vector<Piece> pieces) {
    for (Piece& piece : pieces) {
      seen.push_back({piece.line, piece.tooLong ? "(too long)" : std::move(piece.text)});
    }
  };
  for (size_t at = 0; at < text.size(); at += step) keep(lines.feed(text.substr(at, step)));
  keep(lines.finish());
  return seen;
}

void expectCut(std::string_view text, const std::vector<Seen>& expected, size_t most = 1000) {
  for (size_t step = 1; step <= text.size() + 1; ++step) {
    EXPECT_EQ(cut(text, step, most), expected) << text << " in steps of " << step;
  }
}

TEST(JsonLines, OneObjectALine) {
  expectCut("{\"a\":1}\n\n{\"a\":2}\n{\"a\":3}",
            {{1, "{\"a\":1}"}, {3, "{\"a\":2}"}, {4, "{\"a\":3}"}});
}

TEST(JsonLines, OneObjectOverManyLines) {
  expectCut("\n{\n \"a\": {\n}\n}\n", {{2, "{\n \"a\": {\n}\n}\n"}});
}

TEST(JsonLines, ABrokenLineIsOnePieceAndTheRestGoOn) {
  expectCut("{\"a\":\n{\"a\":2}\n}}\n{\"a\":3}\n",
            {{1, "{\"a\":"}, {2, "{\"a\":2}"}, {3, "}}"}, {4, "{\"a\":3}"}});
}

TEST(JsonLines, ToldThatTheyAreLinesItDoesntGuess) {
  JsonLines lines(1000, JsonLines::Shape::lines);
  std::vector<Piece> pieces = lines.feed("{\n\n}\n{");
  for (Piece& last : lines.finish()) pieces.push_back(std::move(last));
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[0].text, "{");
  EXPECT_EQ(pieces[1].line, 3u);
  EXPECT_EQ(pieces[2].line, 4u);
}

TEST(JsonLines, BracesInStringsDontCount) {
  expectCut("{\"a\":\"}{\\\"}\"}\n{\"b\":1}\n", {{1, "{\"a\":\"}{\\\"}\"}"}, {2, "{\"b\":1}"}});
}

TEST(JsonLines, ALineThatIsTooLongIsSaidSoAndDropped) {
  expectCut("{\"a\":1}\n{\"a\":\"xxxxxxxxxxxxxxxxxxxxxx\"}\n{\"a\":2}\n",
            {{1, "{\"a\":1}"}, {2, "(too long)"}, {3, "{\"a\":2}"}}, 20);
}

TEST(JsonLines, NothingIsNothing) {
  expectCut("", {});
  expectCut(" \n\r\n\t", {});
}

TEST(JsonLines, AByteOrderMarkIsSkipped) {
  expectCut("\xEF\xBB\xBF{\"a\":1}\r\n", {{1, "{\"a\":1}\r"}});
}

}  // namespace
}  // namespace tidings::cli
