#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "commands.h"
#include "unit/config/support.h"

namespace tidings::cli {
namespace {

using config::testing::changed;
using testing::HasSubstr;
using testing::Not;

// A configuration for which `check` has nothing to say, unless it is changed.
class CheckCommandTest : public testing::Test {
 protected:
  CheckCommandTest() { std::filesystem::create_directory(dir_.path() / "templates"); }

  ExitCode run(const std::string& yaml) {
    const Environment env{console_, clock_, config::testing::environment(),
                          dir_.write("tidings.yaml", yaml)};
    return check(env);
  }

  config::testing::TempDir dir_;
  SystemClock clock_;
  std::ostringstream out_, err_;
  std::istringstream in_;
  Console console_{out_, err_, in_};
};

TEST_F(CheckCommandTest, WarnsOfWhatCrossesANetworkInTheClear) {
  EXPECT_EQ(run(config::testing::base), ExitCode::ok) << err_.str();
  EXPECT_THAT(err_.str(), Not(HasSubstr("warning: ")));
  EXPECT_EQ(run(changed("127.0.0.1/tidings\npostgres", "broker.example.com/tidings\npostgres")),
            ExitCode::ok);
  EXPECT_THAT(err_.str(), HasSubstr("warning: amqp.urls: "));
  EXPECT_EQ(run(changed("127.0.0.1/tidings\nproviders", "/tidings?service=x\nproviders")),
            ExitCode::ok);
  EXPECT_THAT(err_.str(), HasSubstr("warning: postgres.url: "));
  EXPECT_THAT(out_.str() + err_.str(), Not(HasSubstr("secretpw")));
}

TEST_F(CheckCommandTest, WarnsInJsonToo) {
  console_.json = true;
  EXPECT_EQ(run(changed("127.0.0.1/tidings\nproviders", "db.example.com/tidings\nproviders")),
            ExitCode::ok);
  EXPECT_THAT(nlohmann::json::parse(out_.str())["notes"].dump(), HasSubstr("postgres.url: "));
}

}  // namespace
}  // namespace tidings::cli
