// drop in this process, so that things happen while it asks.
#include <gmock/gmock.h>

#include <csignal>
#include <sstream>

#include "base/rfc3339.h"
#include "commands.h"
#include "integration/cli/program.h"
#include "queue/topology.h"

namespace tidings::cli {
namespace {

using testing::HasSubstr;

// Types "y" once `before` has run.
class Person final : public std::streambuf {
 public:
  explicit Person(std::function<void()> before) : before_(std::move(before)) {}

 private:
  int_type underflow() override {
    if (asked_) return traits_type::eof();
    asked_ = true;
    before_();
    setg(answer_, answer_, answer_ + 2);
    return traits_type::to_int_type(answer_[0]);
  }
  const std::function<void()> before_;
  bool asked_ = false;
  char answer_[2] = {'y', '\n'};
};

class DlqDropTest : public ProgramTest {
 protected:
  DlqDropTest() {
    EXPECT_EQ(run({"setup"}).code, 0);
    filter_.types = {type()};
  }
  std::string dead() const { return queue::deadQueue(type()); }
  // Its exit code; `before` runs between the question and the answer.
  ExitCode drop(std::function<void()> before, bool json = false) {
    Person person(std::move(before));
    std::istream in(&person);
    Console console{out_, err_, in};
    console.inTerminal = true;
    console.json = json;
    const Environment env{console, clock, config::processEnvironment, path("tidings.yaml")};
    return dropLetters(env, filter_, false);
  }
  // Dies now.
  void buryNow(int which) {
    nlohmann::json line = letter(type(), which, "permanent");
    line["properties"]["headers"]["x-tidings-dead-at"] = formatRfc3339(clock.wall());
    EXPECT_EQ(run({"dlq", "import"}, line.dump()).code, 0);
  }

  LetterFilter filter_;
  std::ostringstream out_, err_;
};

TEST_F(DlqDropTest, WhatDiesWhileItAsksStays) {
  bury(type(), 0, 5, "permanent");
  const auto meanwhile = [this] {
    EXPECT_EQ(runJson({"dlq", "replay", "--type", type(), "--id", "n-0,n-1"})["replayed"], 2);
    buryNow(5);
    buryNow(6);
  };
  EXPECT_EQ(drop(meanwhile), ExitCode::ok) << err_.str();
  EXPECT_THAT(err_.str(), HasSubstr("Drop 5 dead letters?"));
  EXPECT_EQ(out_.str(), "dropped 3 dead letters\n");
  EXPECT_EQ(idsOf(takeAll(dead())), (std::multiset<std::string>{"n-5", "n-6"}));
}

TEST_F(DlqDropTest, NeverMoreThanWasConfirmed) {
  bury(type(), 0, 5, "permanent");
  EXPECT_EQ(drop([this] { bury(type(), 5, 3, "permanent"); }), ExitCode::ok) << err_.str();
  EXPECT_EQ(out_.str(), "dropped 5 dead letters\n");
  EXPECT_EQ(idsOf(takeAll(dead())), (std::multiset<std::string>{"n-5", "n-6", "n-7"}));
}

TEST_F(DlqDropTest, CtrlCEndsItAtTheQuestion) {
  bury(type(), 0, 1, "permanent");
  struct sigaction before {
  }, asked{};
  ::sigaction(SIGINT, nullptr, &before);
  drop([&asked] { ::sigaction(SIGINT, nullptr, &asked); });
  EXPECT_EQ(asked.sa_handler, before.sa_handler);
}

TEST_F(DlqDropTest, NothingToDropIsJsonToo) {
  EXPECT_EQ(drop([] { ADD_FAILURE() << "asked"; }, true), ExitCode::ok);
  EXPECT_EQ(out_.str(), "{\"dropped\":0}\n");
}

TEST_F(DlqDropTest, WithYesWhatDiesSinceStays) {
  bury(type(), 0, 2, "permanent");
  nlohmann::json later = letter(type(), 2, "permanent");
  later["properties"]["headers"]["x-tidings-dead-at"] = "2999-01-31T09:30:00.000Z";
  ASSERT_EQ(run({"dlq", "import"}, later.dump()).code, 0);
  EXPECT_EQ(runJson({"dlq", "drop", "--type", type(), "--yes"})["dropped"], 2);
  EXPECT_EQ(idsOf(takeAll(dead())), (std::multiset<std::string>{"n-2"}));
}

}  // namespace
}  // namespace tidings::cli
