#include "arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace tidings::cli {
namespace {

using testing::HasSubstr;

class ArgumentsTest : public testing::Test {
 protected:
  Parsed parse(std::vector<std::string> arguments) {
    out_.str("");
    err_.str("");
    return parseArguments(
        arguments, console_,
        [this](std::string_view name) {
          return name == "TIDINGS_CONFIG" ? configVariable_ : std::nullopt;
        },
        WallTime{});
  }
  std::optional<ExitCode> finished(std::vector<std::string> arguments) {
    return parse(std::move(arguments)).finished;
  }

  std::ostringstream out_, err_;
  std::istringstream in_;
  Console console_{out_, err_, in_};
  std::optional<std::string> configVariable_;
};

TEST_F(ArgumentsTest, EveryCommandIsUnderstood) {
  const std::vector<std::vector<std::string>> good{
      {"check"},
      {"setup", "--config", "x.yaml"},
      {"--json", "status", "n-1"},
      {"status", "n-1", "--json"},
      {"enqueue"},
      {"enqueue", "--type", "order", "a.json", "-"},
      {"render", "--template", "t/order", "--channel", "push", "--locale", "ko", "--data", "d"},
      {"render", "--file", "-", "--data", "d", "--partials", "p"},
      {"dlq", "list", "--type", "a,b", "--reason", "permanent", "--since", "2h"},
      {"dlq", "show", "--id", "n-1", "--limit", "1"},
      {"dlq", "replay", "--rate", "50", "--dry-run", "--until", "2026-01-31"},
      {"dlq", "drop", "--recipient", "42", "--yes"},
      {"dlq", "export", "--channel", "push", "--provider", "fcm"},
      {"dlq", "import", "a.jsonl"},
      {"user", "show", "42"},
      {"user", "set", "42", "--locale", "ko-KR", "--mute", "--add-address", "email:a@b.example"},
      {"user", "set", "42", "--refuse", "*:sms", "--subscribe", "news"},
      {"user", "forget", "42", "--yes"}};
  for (const auto& arguments : good) {
    const Parsed parsed = parse(arguments);
    EXPECT_FALSE(parsed.finished) << testing::PrintToString(arguments) << err_.str();
    EXPECT_TRUE(parsed.command) << testing::PrintToString(arguments);
  }
}

TEST_F(ArgumentsTest, UsageErrorsAreTwo) {
  const std::vector<std::vector<std::string>> bad{
      {},
      {"nonsense"},
      {"check", "--nonsense"},
      {"status"},
      {"dlq"},
      {"dlq", "list", "--since", "yesterday"},
      {"dlq", "replay", "--rate", "0"},
      {"dlq", "replay", "--limit", "-3"},
      {"render"},
      {"render", "--template", "x"},
      {"render", "--file", "x", "--template", "y", "--channel", "push"},
      {"user", "set", "42", "--add-address", "nocolon"},
      {"user", "set", "42", "--mute", "--unmute"}};
  for (const auto& arguments : bad) {
    EXPECT_EQ(finished(arguments), ExitCode::usage) << testing::PrintToString(arguments);
    EXPECT_FALSE(err_.str().empty()) << testing::PrintToString(arguments);
  }
}

TEST_F(ArgumentsTest, HelpAndVersionAreZeroAndOnStandardOutput) {
  EXPECT_EQ(finished({"--help"}), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("Examples:"));
  EXPECT_EQ(finished({"dlq", "replay", "--help"}), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("--dry-run"));
  EXPECT_EQ(finished({"--version"}), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("tidings 0."));
}

TEST_F(ArgumentsTest, TheConfigurationIsFoundInOrder) {
  EXPECT_EQ(parse({"check"}).configFile, "config/tidings.yaml");
  configVariable_ = "/etc/tidings.yaml";
  EXPECT_EQ(parse({"check"}).configFile, "/etc/tidings.yaml");
  EXPECT_EQ(parse({"check", "--config", "x.yaml"}).configFile, "x.yaml");
}

}  // namespace
}  // namespace tidings::cli
