#include "config/interpolate.h"

#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace tidings::config {
namespace {

using namespace testing;

std::string expand(std::string_view text, const std::filesystem::path& directory = "/") {
  const auto env = environment({{"A", "one"}, {"EMPTY", ""}, {"TRICK", "${A}: \"x\""}});
  auto out = interpolate(text, env, directory);
  return out ? *out : "error: " + out.error().message;
}

TEST(Interpolate, ReplacesVariables) {
  EXPECT_EQ(expand("x${A}y${A}"),
            "xoney"
            "one");
  EXPECT_EQ(expand("${A:-two}"), "one");
  EXPECT_EQ(expand("${B:-two}"), "two");
  EXPECT_EQ(expand("${B:-}"), "");
  EXPECT_EQ(expand("${EMPTY}"), "");
  EXPECT_EQ(expand("${EMPTY:-two}"), "two");
  EXPECT_EQ(expand("${B:-http://h:1/?a=b-c:-d}"), "http://h:1/?a=b-c:-d");
}

TEST(Interpolate, WhatIsPutInIsNotLookedAtAgain) { EXPECT_EQ(expand("${TRICK}"), "${A}: \"x\""); }

TEST(Interpolate, LeavesOtherDollarsAlone) {
  EXPECT_EQ(expand("$A $ $$ {A} 5$"), "$A $ $$ {A} 5$");
  EXPECT_EQ(expand("$${A}"), "${A}");
  EXPECT_EQ(expand("x$${A}${A}"), "x${A}one");
}

TEST(Interpolate, AMissingVariableIsNamed) {
  EXPECT_EQ(expand("${NOPE}"),
            "error: the environment variable NOPE is not set, and there is no default");
  EXPECT_EQ(expand("${A"), "error: found ${ without a closing }");
  EXPECT_TRUE(expand("${}").starts_with("error: found ${}"));
  EXPECT_TRUE(expand("${a b}").starts_with("error:"));
  EXPECT_TRUE(expand("${A:-${B}}").starts_with("error:")) << "defaults don't nest";
}

TEST(Interpolate, ReadsFilesWithoutTheLastNewline) {
  const TempDir dir;
  dir.write("s", "pass\nword\n");
  dir.write("w", "x\r\n");
  dir.write("big", std::string(100'000, 'x'));
  EXPECT_EQ(expand("<${file:s}>", dir.path()), "<pass\nword>") << "relative to the directory";
  EXPECT_EQ(expand("${file:" + (dir.path() / "w").string() + "}"), "x");
  EXPECT_EQ(expand("${file:/no/such}"), "error: can't read /no/such: no such file");
  EXPECT_EQ(expand("${file:/dev/zero}"), "error: can't read /dev/zero: not a regular file");
  EXPECT_TRUE(expand("${file:big}", dir.path()).ends_with("larger than 65536 bytes"));
}

TEST(Interpolate, ErrorsOfTheFileNameTheLine) {
  EXPECT_EQ(errorOf(changed("secrettoken", "${TOKEN}")),
            "t.yaml:13: providers.sms1.auth_token: the environment variable TOKEN is not set, and "
            "there is no default");
}

TEST(Interpolate, WorksInEveryScalar) {
  const auto c =
      read(changed("kind: smtp", "kind: ${K:-smtp}\n    port: ${P:-2525}") +
           "caps: {c: {types: [\"${T:-comment}\"], limit: '${L:-5}', window: '${W:-1h}'}}\n");
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->caps.at("c").limit, 5);
  EXPECT_EQ(std::get<SmtpConfig>(c->providers.at("mail").settings).port, 2525);
}

}  // namespace
}  // namespace tidings::config
