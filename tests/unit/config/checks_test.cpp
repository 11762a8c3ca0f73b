// Settings that contradict each other or themselves: refused, with the reason.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace tidings::config {
namespace {

using namespace testing;

const std::string account =
    R"({"project_id":"p","client_email":"a@p","private_key":"k","private_key_id":"i","token_uri":"https://t/"})";

std::string withFcm(const std::string& members) {
  return changed("channels:\n",
                 "  fcm1: {kind: fcm, " + members + "}\nchannels:\n  push: {providers: [fcm1]}\n");
}

TEST(ConfigChecks, RefusesContradictions) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {base + "    retry: {base: 2h, max: 1h}\n",
       "t.yaml:21: types.comment.retry.base: found base 2h and max 1h, expected a base no longer "
       "than max"},
      {base + "    retry: {max: 1s}\n",
       "t.yaml:21: types.comment.retry.max: found base 2s and max 1s, expected a base no longer "
       "than max"},
      {changed("[email, sms]", "[email, smss]"),
       "t.yaml:20: types.comment.channels: found \"smss\", expected the name of a channel; did you "
       "mean sms?"},
      {changed("[email, sms]", "[email, push]"),
       "t.yaml:20: types.comment.channels: found \"push\", expected the name of a channel; known: "
       "email, sms"},
      {changed("[email, sms]", "[sms, sms]"),
       "t.yaml:20: types.comment.channels: found \"sms\", expected each channel once"},
      {changed("    channels: [email, sms]", "    critical: no"),
       "t.yaml:19: types.comment.channels: found nothing, expected a list of channels; known: "
       "email, sms"},
      {changed("[mail]", "[mial]"),
       "t.yaml:16: channels.email.providers: found \"mial\", expected the name of a provider; did "
       "you mean mail?"},
      {changed("[mail]", "[sms1]"),
       "t.yaml:16: channels.email.providers: found \"sms1\", expected a provider for this channel; "
       "sms1 is of the kind twilio, which carries sms"},
      {changed("[mail]", "[]"),
       "t.yaml:16: channels.email.providers: found none, expected at least one provider"},
      {changed("[mail]", "[mail, mail]"),
       "t.yaml:16: channels.email.providers: found \"mail\", expected each provider once"},
      {changed("email: {", "e-mail: {"),
       "t.yaml:16: channels.e-mail: unknown channel; did you mean email?\nt.yaml:20: "
       "types.comment.channels: found \"email\", expected the name of a channel; known: sms"},
      {changed("kind: smtp", "kind: smpt"),
       "t.yaml:7: providers.mail.kind: found \"smpt\", expected one of fcm, smtp, twilio; did you "
       "mean smtp?"},
      {base + "caps: {c: {limit: 1, window: 0}}\n",
       "t.yaml:21: caps.c.window: found \"0\", expected from 1s to 30d"},
      {base + "caps: {c: {limit: 0, window: 1h}}\n",
       "t.yaml:21: caps.c.limit: found \"0\", expected a whole number from 1 to 10000"},
      {base + "caps: {c: {types: [comments], limit: 1, window: 1h}}\n",
       "t.yaml:21: caps.c.types: found \"comments\", expected the name of a type; did you mean "
       "comment?"},
      {base + "caps: {c: {types: ['*', comment], limit: 1, window: 1h}}\n",
       "t.yaml:21: caps.c.types: found \"*\" among others, expected either \"*\" or names"},
      {base + "shutdown_timeout: 5s\n",
       "t.yaml:21: shutdown_timeout: found 5s, expected at least the timeout of the provider mail, "
       "10s\nt.yaml:21: shutdown_timeout: found 5s, expected at least the timeout of the provider "
       "sms1, 10s"},
      {changed("kind: smtp", "kind: smtp\n    user: me"),
       "t.yaml:8: providers.mail.user: found only one of user and password, expected both or "
       "neither"},
      {changed("hello@example.com", "hello"),
       "t.yaml:9: providers.mail.from: found \"Example <hello>\", expected an address such as "
       "Example <hello@example.com>"},
      {changed("auth_token: secrettoken", "api_key_sid: SK1"),
       "t.yaml:13: providers.sms1.api_key_sid: found only one of api_key_sid and api_key_secret, "
       "expected both"},
      {changed("from: \"+15550100\"", "status_callback: https://h/"),
       "t.yaml:10: providers.sms1.from: found nothing, expected either from or "
       "messaging_service_sid"},
      {base + "http: {listen: 9464}\n",
       "t.yaml:21: http.listen: found \"9464\", expected host:port such as 127.0.0.1:9464 or "
       "[::1]:9464"},
      {base + "action_url: {allowed_domains: ['*.example.com']}\n",
       "t.yaml:21: action_url.allowed_domains: found \"*.example.com\", expected a domain such as "
       "example.com, without scheme, port or *; its subdomains are included"},
      {base + "action_url: {fallback: 'javascript:alert(1)'}\n",
       "t.yaml:21: action_url.fallback: found something else than a web address (not shown), "
       "expected https://…"},
  };
  for (const auto& [yaml, error] : cases) EXPECT_EQ(errorOf(yaml), error) << yaml;
}

TEST(ConfigChecks, PlaintextStaysOnThisMachine) {
  const auto smtp = [](const std::string& host, const std::string& more = "") {
    return changed("host: smtp.example.com", "host: " + host + "\n    tls: none" + more);
  };
  EXPECT_TRUE(read(smtp("127.0.0.1")));
  EXPECT_TRUE(read(smtp("localhost")));
  EXPECT_NE(
      errorOf(smtp("smtp.example.com")).find("tls: found none with the host \"smtp.example.com\""),
      std::string::npos);
  EXPECT_FALSE(read(smtp("127.0.0.1.example.com")));
  EXPECT_TRUE(read(smtp("sandbox", "\n    allow_plaintext: true")));

  const auto twilio = [](const std::string& url, const std::string& more = "") {
    return changed("kind: twilio", "kind: twilio\n    base_url: " + url + more);
  };
  EXPECT_TRUE(read(twilio("http://127.0.0.1:8025")));
  EXPECT_TRUE(read(twilio("http://[::1]:8025")));
  EXPECT_FALSE(read(twilio("http://api.example.com")));
  EXPECT_TRUE(read(twilio("http://sandbox:8025", "\n    allow_plaintext: yes")));
}

TEST(ConfigChecks, ServiceAccountIsRead) {
  const TempDir dir;
  dir.write("sa.json", account);
  const auto at = [&](const std::string& yaml) {
    return load(dir.write("t.yaml", yaml), environment({{"SA", account}}));
  };
  const auto c = at(withFcm("service_account_file: sa.json"));
  ASSERT_TRUE(c) << errorOf(c);
  const auto& fcm = std::get<FcmConfig>(c->providers.at("fcm1").settings);
  EXPECT_EQ(fcm.serviceAccount.reveal(), account);
  EXPECT_TRUE(at(withFcm("service_account: '${SA}'")));
  EXPECT_TRUE(at(withFcm("service_account: '${file:sa.json}'")));
  EXPECT_FALSE(at(withFcm("http2: no")));
  EXPECT_FALSE(at(withFcm("service_account: '${SA}', service_account_file: sa.json")));
  EXPECT_NE(errorOf(at(withFcm("service_account_file: no.json"))).find("no.json\": no such file"),
            std::string::npos);
  EXPECT_NE(
      errorOf(at(withFcm("service_account: '{}'"))).find("found no text \"project_id\" in it"),
      std::string::npos);
}

TEST(ConfigChecks, WhatIsSwitchedOffNeedsNoValues) {
  const auto c = read(withFcm("enabled: no, service_account_file: '${NOT_SET}', timeout: '${NO}'"));
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_FALSE(c->providers.contains("fcm1"));
  EXPECT_FALSE(c->channels.contains("push"));
  EXPECT_EQ(c->notes,
            std::vector<std::string>{"channel push is off: all its providers are switched off"});
  EXPECT_NE(errorOf(withFcm("enabled: no, servce_account_file: x"))
                .find("did you mean service_account_file?"),
            std::string::npos)
      << "its keys are still checked";
}

TEST(ConfigChecks, ATypeDoesWithoutChannelsThatAreOff) {
  const auto off = changed("kind: smtp", "kind: smtp\n    enabled: false");
  const auto c = read(off);
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->types.at("comment").channels, std::vector<std::string>{"sms"});
  EXPECT_EQ(c->notes.size(), 2u);
  std::string only = off;
  only.replace(only.find("[email, sms]"), 12, "[email]");
  EXPECT_NE(errorOf(only).find("types.comment.channels: found only channels that are off"),
            std::string::npos);
}

TEST(ConfigChecks, ProvidersNobodyUsesAreNoted) {
  const auto c =
      read(changed("channels:\n", "  other: {kind: smtp, host: h, from: a@b}\nchannels:\n"));
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->notes, std::vector<std::string>{"provider other is used by no channel"});
}

TEST(ConfigChecks, SeveralBrokersInOneValue) {
  const auto c = read(changed("amqp://u:secretpw@127.0.0.1/tidings", "amqp://a/x, amqps://b/x"));
  ASSERT_TRUE(c) << errorOf(c);
  EXPECT_EQ(c->amqp.urls, (std::vector<std::string>{"amqp://a/x", "amqps://b/x"}));
  EXPECT_FALSE(read(changed("amqp://u:secretpw@127.0.0.1/tidings", "amqp://a/x,")));
}

TEST(ConfigChecks, NamesAreFitForQueues) {
  EXPECT_NE(
      errorOf(changed("  comment:", "  Comment Type:")).find("types.Comment Type: found this name"),
      std::string::npos);
}

}  // namespace
}  // namespace tidings::config
