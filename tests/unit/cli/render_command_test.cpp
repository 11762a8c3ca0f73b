#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "commands.h"

namespace tidings::cli {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class RenderCommandTest : public testing::Test {
 protected:
  RenderCommandTest() {
    write("templates/order/push.title.mustache", "Order {{n}}");
    write("templates/order/push.body.mustache", "Dear {{name}}");
    write("templates/order/ko/push.title.mustache", "주문 {{n}}");
    write("data.json", R"({"n":7,"name":"<Kim>"})");
  }
  ~RenderCommandTest() override { fs::remove_all(dir_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }
  ExitCode run(const RenderOptions& options) {
    const Environment env{console_, clock_, {}, (dir_ / "none.yaml").string()};
    return render(env, options);
  }
  RenderOptions order(const std::string& channel) {
    RenderOptions options;
    options.set = (dir_ / "templates/order").string();
    options.channel = channel;
    options.data = (dir_ / "data.json").string();
    return options;
  }

  const fs::path dir_ = fs::temp_directory_path() / ("tidings-render-" + std::to_string(getpid()));
  SystemClock clock_;
  std::ostringstream out_, err_;
  std::istringstream in_;
  Console console_{out_, err_, in_};
};

TEST_F(RenderCommandTest, PrintsPartByPartInTheLocale) {
  RenderOptions options = order("push");
  options.locale = "ko-KR";
  EXPECT_EQ(run(options), ExitCode::ok) << err_.str();
  EXPECT_EQ(out_.str(), "--- push.title\n주문 7\n--- push.body\nDear <Kim>\n");
}

// As in a worker: a message's data hides what is around it.
TEST_F(RenderCommandTest, TakesAWholeMessageToo) {
  write("data.json", R"({"n":1,"name":"around","data":{"n":2}})");
  EXPECT_EQ(run(order("push")), ExitCode::ok) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("Order 2"));
  EXPECT_THAT(out_.str(), HasSubstr("Dear around"));
}

TEST_F(RenderCommandTest, AsJson) {
  console_.json = true;
  EXPECT_EQ(run(order("push")), ExitCode::ok) << err_.str();
  EXPECT_EQ(out_.str(), "{\"push.body\":\"Dear <Kim>\",\"push.title\":\"Order 7\"}\n");
}

TEST_F(RenderCommandTest, RendersOneFileFromStandardInput) {
  in_.str("Hi {{name}}");
  RenderOptions options;
  options.file = "-";
  options.data = (dir_ / "data.json").string();
  EXPECT_EQ(run(options), ExitCode::ok) << err_.str();
  EXPECT_EQ(out_.str(), "Hi &lt;Kim&gt;");
}

TEST_F(RenderCommandTest, SaysWhatIsWrongWithExitTwo) {
  EXPECT_EQ(run(order("pigeon")), ExitCode::usage);
  EXPECT_THAT(err_.str(), HasSubstr("expected push, sms or email"));
  EXPECT_EQ(run(order("sms")), ExitCode::usage);
  EXPECT_THAT(err_.str(), HasSubstr("has nothing for sms"));
  RenderOptions options = order("push");
  options.data = (dir_ / "missing.json").string();
  EXPECT_EQ(run(options), ExitCode::usage);
  options = RenderOptions{};
  options.file = "-";
  in_.str("{{#open}}");
  EXPECT_EQ(run(options), ExitCode::usage);
}

}  // namespace
}  // namespace tidings::cli
