#include "console.h"

#include <gtest/gtest.h>

#include <sstream>

#include "progress.h"

namespace tidings::cli {
namespace {

class ConsoleTest : public testing::Test {
 protected:
  std::ostringstream out_, err_;
  std::istringstream in_;
  Console console_{out_, err_, in_};
  ManualClock clock_;
};

TEST_F(ConsoleTest, ColoursOnlyOnATerminal) {
  EXPECT_EQ(console_.coloured(Colour::red, "x"), "x");
  console_.outTerminal = true;
  EXPECT_EQ(console_.coloured(Colour::red, "x"), "\x1B[31mx\x1B[0m");
}

TEST_F(ConsoleTest, ForeignTextCantSteerTheTerminal) {
  EXPECT_EQ(console_.text("a\x1B[2Jb\nc"), "a [2Jb c");
}

TEST_F(ConsoleTest, OnlyYesIsYes) {
  for (const auto& [answer, expected] :
       {std::pair{"y\n", true}, {"yes\n", true}, {"\n", false}, {"n\n", false}, {"", false}}) {
    std::istringstream typed(answer);
    const Console console{out_, err_, typed};
    EXPECT_EQ(console.confirm("Sure?"), expected) << answer;
  }
}

TEST_F(ConsoleTest, TableColumnsFitWideCharacters) {
  Table table({"A", "B"});
  table.add({"안녕", "x"});
  table.add({"abcdef", "y"});
  table.print(console_);
  EXPECT_EQ(out_.str(), "A       B\n안녕    x\nabcdef  y\n");
}

TEST_F(ConsoleTest, PipedProgressIsALineNowAndThen) {
  Progress progress(console_, clock_, "order", 10);
  progress.show(1, "done 1");
  EXPECT_EQ(err_.str(), "");
  clock_.advance(Millis{6000});
  progress.show(2, "done 2");
  progress.show(3, "done 3");
  progress.finish();
  EXPECT_EQ(err_.str(), "order 2/10 done 2\n");
}

TEST_F(ConsoleTest, TheBarGoesAwayWhenFinished) {
  console_.errTerminal = true;
  Progress progress(console_, clock_, "order", 10);
  progress.show(5, "half");
  EXPECT_NE(err_.str().find("50% half"), std::string::npos);
  progress.finish();
  EXPECT_TRUE(err_.str().ends_with("\r\x1B[K"));
}

}  // namespace
}  // namespace tidings::cli
