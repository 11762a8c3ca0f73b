#include <gmock/gmock.h>

#include "integration/cli/program.h"
#include "queue/topology.h"

namespace tidings::cli {
namespace {

using testing::HasSubstr;

TEST_F(ProgramTest, CheckTouchesNoServer) {
  const Ran good = run({"check"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("ok, 2 types"));
  write("tidings.yaml", "amqp: {urls: \"amqp://127.0.0.1:1/\"}\nnonsense: 1\n");
  const Ran bad = run({"check"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("tidings.yaml:2"));
}

TEST_F(ProgramTest, CheckFindsBrokenTemplates) {
  write("templates/" + type() + "/email.html.mustache", "{{#open}}");
  const Ran ran = run({"check"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("email.html.mustache:1"));
  EXPECT_EQ(runJson({"check"})["ok"], false);
}

TEST_F(ProgramTest, SetupIsIdempotent) {
  const Ran first = run({"setup"});
  EXPECT_EQ(first.code, 0) << first.err;
  const Ran second = run({"setup"});
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("nothing to migrate"));
  EXPECT_EQ(depthOf(queue::deadQueue(type())), 0U);
}

TEST_F(ProgramTest, AServerThatIsNotThereIsThree) {
  write(
      "tidings.yaml",
      "amqp: {urls: \"amqp://127.0.0.1:1/\"}\npostgres: {url: \"postgresql://127.0.0.1:1/x\"}\n"
      "templates: templates\nproviders: {smtp: {kind: smtp, host: 127.0.0.1, port: 25, tls: none, "
      "from: a@example.com}}\nchannels: {email: {providers: [smtp]}}\ntypes: {order: {channels: "
      "[email]}}\n");
  EXPECT_EQ(run({"status", "n-1"}).code, 3);
  const Ran ran = run({"dlq", "list"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("127.0.0.1"));
  EXPECT_EQ(run({"enqueue"}, "{}").code, 3);
}

TEST_F(ProgramTest, EnqueuePublishesTheGoodAndReportsTheBad) {
  ASSERT_EQ(run({"setup"}).code, 0);
  const std::string good = R"({"id":"n-1", "type":")" + type() + R"(","recipient":"1"})";
  const std::string file =
      write("messages.jsonl", good + "\n{\"id\":\n\n" + R"({"id":"n-2","recipient":"2"})" + "\n");
  const Ran ran = run({"enqueue", file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(file + ":2: "));
  EXPECT_THAT(ran.err, HasSubstr(file + ":4: /type: found nothing"));
  EXPECT_THAT(ran.out, HasSubstr("published 1, failed 2"));
  const auto messages = takeAll(queue::typeQueue(type()));
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].body, good);
  EXPECT_EQ(messages[0].properties.messageId, "n-1");
}

TEST_F(ProgramTest, EnqueueTakesManyLinesFromStandardInput) {
  ASSERT_EQ(run({"setup"}).code, 0);
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines += "{\"id\":\"n-" + std::to_string(i) + "\",\"recipient\":" + std::to_string(i) + "}\n";
  }
  const auto result = runJson({"enqueue", "--type", type()}, lines);
  EXPECT_EQ(result["published"], 3000);
  EXPECT_EQ(result["failed"], 0);
  EXPECT_EQ(idsOf(takeAll(queue::typeQueue(type()))).size(), 3000U);
}

TEST_F(ProgramTest, EnqueueWithoutSetupSaysThatNothingIsThere) {
  const Ran ran = run({"enqueue", "--type", type()}, "{\"id\":\"n-1\",\"recipient\":\"1\"}\n");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("standard input:1: not published"));
}

// A directory was taken for an empty file.
TEST_F(ProgramTest, EnqueueOfWhatCantBeReadFails) {
  ASSERT_EQ(run({"setup"}).code, 0);
  write("dir/file", "");
  const Ran ran = run({"enqueue", path("dir"), path("none")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(path("dir") + ": can't be read: Is a directory"));
  EXPECT_THAT(ran.err, HasSubstr(path("none") + ": can't be read: No such file"));
  EXPECT_THAT(ran.out, HasSubstr("published 0, failed 2"));
}

TEST_F(ProgramTest, StatusOfAnUnknownIdFails) {
  ASSERT_EQ(run({"setup"}).code, 0);
  const Ran ran = run({"status", name("nobody")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("nothing is known"));
}

TEST_F(ProgramTest, StatusSaysWhenThereIsMoreThanItShows) {
  ASSERT_EQ(run({"setup"}).code, 0);
  const std::string id = name("many");
  journalDeliveries(id, 10'000);
  const auto whole = runJson({"status", id});
  EXPECT_EQ(whole["deliveries"].size(), 10'000U);
  EXPECT_EQ(whole["truncated"], false);
  journalDeliveries(id, 10'001);
  const Ran ran = run({"status", id, "--json"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("there are more than these 10000 deliveries"));
  const auto cut = nlohmann::json::parse(ran.out);
  EXPECT_EQ(cut["deliveries"].size(), 10'000U);
  EXPECT_EQ(cut["truncated"], true);
}

TEST_F(ProgramTest, AUserIsSetShownAndForgotten) {
  ASSERT_EQ(run({"setup"}).code, 0);
  const std::string user = name("user");
  const Ran set =
      run({"user", "set", user, "--locale", "ko-KR", "--mute", "--add-address",
           "email:kim@example.org", "--refuse", type() + ":email", "--subscribe", "news"});
  EXPECT_EQ(set.code, 0) << set.err;
  const auto shown = runJson({"user", "show", user});
  EXPECT_EQ(shown["locale"], "ko-KR");
  EXPECT_EQ(shown["muted"], true);
  EXPECT_EQ(shown["addresses"][0]["address"], "kim@example.org");
  EXPECT_EQ(shown["preferences"][0]["enabled"], false);
  EXPECT_EQ(shown["topics"][0], "news");
  EXPECT_EQ(run({"user", "forget", user}).code, 2) << "nobody can be asked";
  EXPECT_EQ(runJson({"user", "forget", user, "--yes"})["addresses"], 1);
  EXPECT_EQ(run({"user", "show", user}).code, 1);
}

TEST_F(ProgramTest, AUserIsSetNothingThatTheConfigurationDoesNotKnow) {
  ASSERT_EQ(run({"setup"}).code, 0);
  const std::string user = name("user");
  const std::vector<std::pair<Arguments, std::string>> wrong = {
      {{"--add-address", "emial:kim@example.org"},
       "--add-address: found \"emial\", expected one of the channels: push, sms, email"},
      {{"--refuse", "ordre"}, "--refuse: found \"ordre\", expected one of the configured types: "},
      {{"--allow", "*:fax"}, "--allow: found \"fax\", expected one of the channels"}};
  for (const auto& [change, error] : wrong) {
    Arguments arguments{"user", "set", user, "--mute"};
    arguments.insert(arguments.end(), change.begin(), change.end());
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr(error));
  }
  EXPECT_EQ(run({"user", "show", user}).code, 1) << "something was stored";
  EXPECT_EQ(run({"user", "set", user, "--remove-address", "fax:1", "--refuse", "*:sms"}).code, 0);
}

}  // namespace
}  // namespace tidings::cli
