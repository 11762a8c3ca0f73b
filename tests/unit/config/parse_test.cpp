#include <gtest/gtest.h>

#include <sstream>

#include "unit/config/support.h"

namespace tidings::config {
namespace {

using namespace testing;
using namespace std::chrono_literals;

TEST(ConfigParse, FillsInDefaults) {
  const auto c = read(base);
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->amqp.urls, (std::vector<std::string>{"amqp://u:secretpw@127.0.0.1/tidings"}));
  EXPECT_EQ(c->amqp.heartbeat, 10s);
  EXPECT_EQ(c->amqp.prefetch, 500);
  EXPECT_EQ(c->http.listen, "127.0.0.1:9464");
  EXPECT_EQ(c->log.level, LogLevel::info);
  EXPECT_EQ(c->defaultLocale, "en");
  EXPECT_EQ(c->retention, 7 * 24h);
  EXPECT_EQ(c->shutdownTimeout, 30s);
  EXPECT_TRUE(c->templatesDir.starts_with("/") && c->templatesDir.ends_with("/templates"));
  const auto& smtp = std::get<SmtpConfig>(c->providers.at("mail").settings);
  EXPECT_EQ(smtp.port, 587);
  EXPECT_EQ(smtp.tls, SmtpTls::starttls);
  EXPECT_EQ(c->providers.at("mail").timeout, 10s);
  const TypeConfig* type = findType(*c, "comment");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->templateName, "comment");
  EXPECT_EQ(type->retry.attempts, 5);
  EXPECT_EQ(type->retry.base, 2s);
  EXPECT_EQ(type->retry.max, 1h);
  EXPECT_EQ(type->onUncertain, OnUncertain::resend);
  EXPECT_FALSE(type->critical);
  EXPECT_FALSE(findType(*c, "like"));
  EXPECT_TRUE(c->notes.empty());
}

TEST(ConfigParse, ReadsWhatIsGiven) {
  const auto c = read(base + R"(    template: reply
    critical: true
    on_uncertain: skip
    retry: {attempts: 3, base: 500ms, factor: 1.5, max: 10m}
caps:
  few: {types: [comment], channels: [sms], limit: 3, window: 1h, on_exceed: defer}
  all: {limit: 100, window: 1d}
http: {listen: "[::1]:0"}
log: {level: debug, format: json}
default_locale: ko
retention: 3d
shutdown_timeout: 1m30s
action_url:
  allowed_domains: [Example.com]
  fallback: https://example.com/
)");
  ASSERT_TRUE(c) << errorOf(c);
  const TypeConfig* type = findType(*c, "comment");
  EXPECT_EQ(type->templateName, "reply");
  EXPECT_TRUE(type->critical);
  EXPECT_EQ(type->onUncertain, OnUncertain::skip);
  EXPECT_EQ(type->retry.base, 500ms);
  EXPECT_EQ(type->retry.factor, 1.5);
  EXPECT_EQ(type->caps, (std::vector<std::string>{"all", "few"}));
  const auto& few = c->caps.at("few");
  EXPECT_EQ(few.limit, 3);
  EXPECT_EQ(few.window, 1h);
  EXPECT_EQ(few.onExceed, OnExceed::defer);
  EXPECT_TRUE(few.countsChannel("sms"));
  EXPECT_FALSE(few.countsChannel("email"));
  EXPECT_FALSE(few.countsType("like"));
  EXPECT_TRUE(c->caps.at("all").countsType("comment"));
  EXPECT_EQ(c->shutdownTimeout, 90s);
  EXPECT_EQ(c->actionUrl.allowedDomains, std::vector<std::string>{"example.com"});
  EXPECT_EQ(c->log.format, LogFormat::json);
}

TEST(ConfigParse, SmtpPortFollowsTls) {
  const auto c = read(changed("    host: smtp.example.com", "    host: h\n    tls: tls"));
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(std::get<SmtpConfig>(c->providers.at("mail").settings).port, 465);
}

TEST(ConfigParse, UnknownKeysNameTheNearest) {
  EXPECT_EQ(errorOf(changed("    host:", "    hots:")),
            "t.yaml:6: providers.mail.host: found nothing, expected a host's name\n"
            "t.yaml:8: providers.mail.hots: unknown key; did you mean host?");
  EXPECT_EQ(errorOf(base + "retentoin: 1d\n"),
            "t.yaml:21: retentoin: unknown key; did you mean retention?");
  EXPECT_NE(errorOf(base + "    zzzzzzzzz: 1\n").find("unknown key; known: channels, template"),
            std::string::npos);
}

TEST(ConfigParse, DuplicateKeysAreRefused) {
  EXPECT_EQ(errorOf(base + "    channels: [sms]\n"),
            "t.yaml:21: types.comment.channels: found twice, expected once");
  EXPECT_EQ(errorOf(base + "types: {a: {channels: [sms]}}\n"),
            "t.yaml:21: types: found twice, expected once");
}

TEST(ConfigParse, AnchorsAndMergesWork) {
  const auto c = read(base + R"(    retry: &slow {attempts: 9, base: 10s}
  like:
    channels: [sms]
    retry: {<<: *slow, attempts: 2}
  follow:
    channels: [sms]
    retry: *slow
  both:
    channels: [sms]
    retry:
      <<: [{factor: 3}, *slow, {factor: 4}]
)");
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->types.at("like").retry.attempts, 2) << "its own key wins";
  EXPECT_EQ(c->types.at("like").retry.base, 10s);
  EXPECT_EQ(c->types.at("follow").retry.attempts, 9);
  EXPECT_EQ(c->types.at("both").retry.factor, 3) << "the earlier merge wins";
}

TEST(ConfigParse, AMergeIntoItselfEnds) {
  EXPECT_FALSE(read(base + "log: &a {<<: *a}\n"));
  EXPECT_FALSE(read(base + "log: {<<: 5}\n"));
}

TEST(ConfigParse, ReportsEveryFaultInTheOrderOfLines) {
  const auto c = read(changed("urls: amqp:", "prefetch: many\n  urls: amqp:") +
                      "    critical: perhaps\nretention: 5\n");
  EXPECT_EQ(errorOf(c),
            "t.yaml:2: amqp.prefetch: found \"many\", expected a whole number from 1 to 65535\n"
            "t.yaml:22: types.comment.critical: found \"perhaps\", expected one of true, false, "
            "yes, no, on, off\n"
            "t.yaml:23: retention: found \"5\", expected a duration such as 500ms, 2s, 5m, 1h or "
            "7d");
}

TEST(ConfigParse, ManyFaultsAreCutShort) {
  std::string yaml = base;
  for (int i = 0; i < 50; ++i) yaml += "k" + std::to_string(i) + ": 1\n";
  EXPECT_TRUE(errorOf(yaml).ends_with("\nand 30 more"));
}

TEST(ConfigParse, WhatIsNotYamlNamesTheLine) {
  EXPECT_TRUE(errorOf("amqp:\n  urls: [a\npostgres: x\n").starts_with("t.yaml:3: found invalid"))
      << errorOf("amqp:\n  urls: [a\npostgres: x\n");
  EXPECT_TRUE(errorOf("a: *nowhere\n").starts_with("t.yaml:1: found invalid YAML"));
  EXPECT_EQ(errorOf(""), "t.yaml: found 0 documents, expected one with the settings in it");
  EXPECT_EQ(errorOf(",v"), "t.yaml: found several documents, expected one with the settings in it");
  EXPECT_FALSE(read(base + "---\n" + base));
  EXPECT_TRUE(errorOf("[1]").starts_with("t.yaml:1: found a list, expected a mapping"));
  EXPECT_FALSE(read("[1]: 2\n"));
  EXPECT_FALSE(read(std::string(2'000'000, ' ')));
}

TEST(ConfigParse, WrongShapesAreNamed) {
  EXPECT_EQ(errorOf(changed("host: smtp.example.com", "host: [a]")),
            "t.yaml:8: providers.mail.host: found a list, expected a single value");
  EXPECT_EQ(errorOf(base + "log: loud\n"),
            "t.yaml:21: log: found a single value, expected a mapping (key: value)");
}

TEST(ConfigParse, SecretsAndPasswordsNeverAppear) {
  const auto c = read(base);
  ASSERT_TRUE(c);
  std::ostringstream out;
  out << std::get<TwilioConfig>(c->providers.at("sms1").settings).authToken;
  EXPECT_EQ(out.str(), "***");
  const auto env = environment({{"PW", "secretpw"}});
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"amqp://u:secretpw@127.0.0.1/tidings", "http://u:secretpw@h/"},
           {"postgresql://u:secretpw", "mysql://u:secretpw"},
           {"postgresql://u:secretpw@", "postgresql://u:secretpw%zz@"},
           {"postgresql://u:secretpw@", "postgresql://u:secretpw/@"},
           {"postgresql://u:secretpw@", "postgresql://u:secretpw@secretpw@"},
           {"kind: twilio", "kind: twilio\n    timeout: ${PW}"},
           {"kind: twilio", "kind: twilio\n    http2: ${PW}"},
           {"kind: twilio", "kind: twilio\n    concurrency: x${PW}"},
           {"kind: twilio", "kind: twilio\n    base_url: https://secretpw@h/"},
           {"kind: smtp", "kind: smtp\n    user: ${PW}"},
           {"[email, sms]", "[\"${PW}\"]"},
           {"auth_token: secrettoken", "auth_token: [secrettoken]"}}) {
    const auto bad = read(changed(from, to), env);
    ASSERT_FALSE(bad) << to;
    EXPECT_EQ(bad.error().message.find("secretpw"), std::string::npos) << bad.error().message;
    EXPECT_EQ(bad.error().message.find("secrettoken"), std::string::npos) << bad.error().message;
  }
}

TEST(ConfigLoad, AMissingFileIsAClearError) {
  const auto c = load("/nowhere/tidings.yaml", environment());
  EXPECT_EQ(errorOf(c),
            "/nowhere/tidings.yaml: can't be read: no such file; name another "
            "with --config or TIDINGS_CONFIG");
  EXPECT_FALSE(load("/tmp", environment()));
}

TEST(ConfigLoad, RelativePathsCountFromTheFile) {
  const TempDir dir;
  dir.write("ca.pem", "x");
  const auto path = dir.write("t.yaml", base + "templates: ../tpl\n");
  const auto c = load(path, environment());
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->templatesDir, (dir.path().parent_path() / "tpl").string());
  const auto with = dir.write("u.yaml", changed("kind: smtp", "kind: smtp\n    ca_file: ca.pem"));
  const auto d = load(with, environment());
  ASSERT_TRUE(d) << errorOf(d);
  EXPECT_EQ(std::get<SmtpConfig>(d->providers.at("mail").settings).caFile,
            (dir.path() / "ca.pem").string());
  dir.write("v.yaml", changed("kind: smtp", "kind: smtp\n    ca_file: no.pem"));
  EXPECT_NE(errorOf(load((dir.path() / "v.yaml").string(), environment()))
                .find("no.pem\", which is not a file"),
            std::string::npos);
}

}  // namespace
}  // namespace tidings::config
