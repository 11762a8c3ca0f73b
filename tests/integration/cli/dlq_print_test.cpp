// show and export in this process, whose output is a terminal or breaks off.
#include <gmock/gmock.h>

#include <sstream>

#include "commands.h"
#include "dlq_job.h"
#include "integration/cli/program.h"

namespace tidings::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class DlqPrintTest : public ProgramTest {
 protected:
  DlqPrintTest() {
    EXPECT_EQ(run({"setup"}).code, 0);
    bury(type(), 0, 20, "permanent");
    filter_.types = {type()};
  }
  Environment env() const {
    return {console_, clock, config::processEnvironment, path("tidings.yaml")};
  }

  LetterFilter filter_;
  std::ostringstream out_, err_;
  std::istringstream in_;
  Console console_{out_, err_, in_};
};

TEST_F(DlqPrintTest, NoBarAmongTheLettersOnATerminal) {
  console_.errTerminal = true;
  EXPECT_EQ(exportLetters(env(), filter_), ExitCode::ok);
  EXPECT_THAT(err_.str(), HasSubstr("\r")) << "the letters go elsewhere";
  err_.str("");
  console_.outTerminal = true;
  EXPECT_EQ(showLetters(env(), filter_), ExitCode::ok);
  EXPECT_EQ(exportLetters(env(), filter_), ExitCode::ok);
  EXPECT_THAT(err_.str(), Not(HasSubstr("\r")));
}

TEST_F(DlqPrintTest, AnOutputThatBreaksOffIsAFailure) {
  for (const auto command : {&showLetters, &exportLetters}) {
    err_.str("");
    out_.setstate(std::ios::badbit);
    EXPECT_EQ(command(env(), filter_), ExitCode::failed);
    EXPECT_THAT(err_.str(), HasSubstr("the output can't be written whole"));
  }
}

TEST_F(DlqPrintTest, ItLooksNoFurtherOnceTheOutputBrokeOff) {
  const Environment environment = env();
  auto job = DlqJob::make(environment, filter_);
  ASSERT_TRUE(job.ok()) << job.error().message;
  int looked = 0;
  const auto look = [this, &looked](const FoundLetter&) {
    if (++looked == 3) out_.setstate(std::ios::badbit);
    return true;
  };
  EXPECT_FALSE((*job)->session.loop().run((*job)->printAll(look)).ok());
  EXPECT_EQ(looked, 3);
}

}  // namespace
}  // namespace tidings::cli
