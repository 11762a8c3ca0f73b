#include "input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace tidings::cli {
namespace {

namespace fs = std::filesystem;

class InputTest : public testing::Test {
 protected:
  InputTest() { fs::create_directories(dir_); }
  ~InputTest() override { fs::remove_all(dir_); }

  std::string path(const std::string& file) const { return (dir_ / file).string(); }
  // All of it, or the error's message.
  std::string readAll(const std::string& file) {
    constexpr auto work = [](Session& session, const std::string& from) -> Task<std::string> {
      auto input = Input::open(from);
      if (!input.ok()) co_return input.error().message;
      for (std::string all;;) {
        const auto bytes = co_await input->read(session);
        if (!bytes.ok()) co_return bytes.error().message;
        if (bytes->empty()) co_return all;
        all += *bytes;
      }
    };
    return session_.loop().run(work(session_, file));
  }

  const fs::path dir_ = fs::temp_directory_path() / ("tidings-input-" + std::to_string(getpid()));
  SystemClock clock_;
  Session session_{clock_};
};

TEST_F(InputTest, ReadsAFileToItsEnd) {
  const std::string text(200'000, 'x');
  std::ofstream(path("file")) << text;
  EXPECT_EQ(readAll(path("file")), text);
}

// It was taken for an empty file.
TEST_F(InputTest, WhatCantBeReadIsAnErrorAndNoEnd) {
  EXPECT_EQ(readAll(path("")), "can't be read: Is a directory");
  EXPECT_EQ(readAll(path("none")), "can't be read: No such file or directory");
}

TEST_F(InputTest, ASignalEndsTheWaitForAPipeThatIsSilent) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  session_.loop().after(Millis{1}, [] { std::raise(SIGTERM); });
  EXPECT_EQ(readAll(path("pipe")), "");
  EXPECT_TRUE(session_.stop().stop_requested());
}

}  // namespace
}  // namespace tidings::cli
