#include <gmock/gmock.h>

#include <csignal>

#include "integration/cli/program.h"
#include "queue/headers.h"
#include "queue/topology.h"

namespace tidings::cli {
namespace {

using testing::HasSubstr;

class DlqTest : public ProgramTest {
 protected:
  DlqTest() {
    const Ran ran = run({"setup"});
    EXPECT_EQ(ran.code, 0) << ran.err;
  }
  std::string dead(int which = 0) { return queue::deadQueue(type(which)); }
  // Its body was too large to keep whole.
  void buryCut(int which) {
    nlohmann::json line = letter(type(), which, "permanent");
    line["properties"]["headers"]["x-tidings-body-size"] = 5'000'000;
    ASSERT_EQ(run({"dlq", "import"}, line.dump()).code, 0);
  }
  std::string work(int which = 0) { return queue::typeQueue(type(which)); }
};

TEST_F(DlqTest, LettersOfATypeThatIsNoMoreCanStillBeLookedAtAndDropped) {
  bury(type(1), 0, 3, "permanent");
  configureFirstTypeOnly();
  EXPECT_EQ(runJson({"dlq", "list", "--type", type(1)})["total"], 3);
  EXPECT_EQ(run({"dlq", "export", "--type", type(1)}).code, 0);
  const Ran replay = run({"dlq", "replay", "--type", type(1)});
  EXPECT_EQ(replay.code, 2) << "there is no worker for them";
  EXPECT_THAT(replay.err, HasSubstr("--type: found \"" + type(1) + "\", expected one of"));
  const std::string misspelt = type(1) + "," + name("misspelt");
  EXPECT_EQ(run({"dlq", "drop", "--type", misspelt, "--yes"}).code, 2);
  EXPECT_EQ(runJson({"dlq", "drop", "--type", type(1), "--yes"})["dropped"], 3);
  for (const std::string& none : {name("misspelt"), std::string(300, 'x')}) {
    const Ran ran = run({"dlq", "list", "--type", none});
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("expected one of the configured types: " + type(0)));
  }
}

TEST_F(DlqTest, ListGroupsAndCounts) {
  bury(type(0), 0, 30, "permanent");
  bury(type(0), 30, 5, "poison");
  bury(type(1), 35, 2, "permanent");
  const auto all = runJson({"dlq", "list"});
  EXPECT_EQ(all["total"], 37);
  ASSERT_EQ(all["groups"].size(), 3U);
  EXPECT_EQ(all["groups"][0]["count"], 30);
  EXPECT_EQ(all["groups"][0]["reason"], "permanent");
  EXPECT_EQ(all["groups"][0]["oldest"], "2026-01-31T09:30:00.000Z");
  EXPECT_EQ(runJson({"dlq", "list", "--type", type(1)})["total"], 2);
  EXPECT_EQ(runJson({"dlq", "list", "--reason", "poison,other"})["total"], 5);
  EXPECT_EQ(runJson({"dlq", "list", "--recipient", "3"})["total"], 4);
  EXPECT_EQ(runJson({"dlq", "list", "--until", "2026-01-31T09:30:00Z"})["total"], 0);
  EXPECT_EQ(runJson({"dlq", "list", "--limit", "7"})["total"], 7);
  EXPECT_THAT(run({"dlq", "list"}).out, HasSubstr("37 dead letters"));
  EXPECT_EQ(run({"dlq", "list", "--type", "nope"}).code, 2);
}

TEST_F(DlqTest, LookingOftenerThanTheBrokersLimitLosesNothing) {
  bury(type(), 0, 5, "permanent");
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(runJson({"dlq", "list", "--type", type()})["total"], 5) << "look " << i;
  }
  EXPECT_EQ(idsOf(takeAll(dead())).size(), 5U);
}

TEST_F(DlqTest, PassingOverLettersKeepsTheirOrder) {
  bury(type(), 0, 200, "permanent");
  ASSERT_EQ(runJson({"dlq", "list", "--type", type(), "--id", "n-150"})["total"], 1);
  const auto messages = takeAll(dead());
  ASSERT_EQ(messages.size(), 200U);
  for (size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(messages[i].properties.messageId, "n-" + std::to_string(i));
  }
}

TEST_F(DlqTest, ShowPrintsHeadersAndBody) {
  bury(type(), 0, 3, "permanent");
  const Ran ran = run({"dlq", "show", "--type", type(), "--id", "n-1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("550 no such mailbox"));
  EXPECT_THAT(ran.out, HasSubstr("\"recipient\": \"1\""));
  EXPECT_EQ(run({"dlq", "show", "--type", type(), "--id", "n-9"}).code, 1);
}

TEST_F(DlqTest, ReplayPutsBackWhatIsMeantAndNothingElse) {
  bury(type(), 0, 40, "permanent");
  bury(type(), 40, 10, "poison");
  EXPECT_EQ(runJson({"dlq", "replay", "--type", type(), "--dry-run"})["wouldReplay"], 50);
  EXPECT_EQ(depthOf(dead()), 50U);
  const auto result = runJson({"dlq", "replay", "--type", type(), "--reason", "permanent"});
  EXPECT_EQ(result["replayed"], 40);
  EXPECT_EQ(depthOf(dead()), 10U);
  const auto messages = takeAll(work());
  ASSERT_EQ(messages.size(), 40U);
  for (const queue::Incoming& message : messages) {
    const auto headers = queue::readHeaders(message.properties.headers);
    EXPECT_TRUE(headers.replay);
    EXPECT_EQ(headers.attempt, 0);
    EXPECT_FALSE(headers.death);
    EXPECT_TRUE(message.body.starts_with(" {")) << "the body is untouched";
    EXPECT_TRUE(message.body.ends_with("}\n")) << "the body is untouched";
  }
}

TEST_F(DlqTest, WhatCantBeReplayedIsCountedApart) {
  buryCut(0);
  bury(type(), 1, 3, "permanent");
  const auto dry = runJson({"dlq", "replay", "--type", type(), "--limit", "2", "--dry-run"});
  EXPECT_EQ(dry, (nlohmann::json{{"wouldReplay", 2}, {"impossible", 1}}));
  EXPECT_THAT(run({"dlq", "replay", "--type", type(), "--dry-run"}).out,
              HasSubstr("would replay 3 dead letters, 1 without their whole body: they stay"));
  const auto result = runJson({"dlq", "replay", "--type", type(), "--limit", "2"});
  EXPECT_EQ(result["replayed"], dry["wouldReplay"]);
  EXPECT_EQ(result["impossible"], dry["impossible"]);
}

// A broker with a limit of its own (RabbitMQ 4: 20) would drop it in the end.
TEST_F(DlqTest, WhatCantBeReplayedIsNotWornOutByReplays) {
  buryCut(0);
  for (int i = 0; i < 15; ++i) {
    ASSERT_EQ(runJson({"dlq", "replay", "--type", type()})["impossible"], 1) << "replay " << i;
  }
  const auto left = takeAll(dead());
  ASSERT_EQ(left.size(), 1U);
  EXPECT_LT(queue::deliveryCount(left[0].properties.headers), 12);
}

TEST_F(DlqTest, ReplayKeepsToItsLimitAndRate) {
  bury(type(), 0, 30, "permanent");
  const MonoTime start = clock.mono();
  const auto result = runJson({"dlq", "replay", "--type", type(), "--limit", "11", "--rate", "20"});
  EXPECT_EQ(result["replayed"], 11);
  EXPECT_GE(clock.mono() - start, Millis{490});
  EXPECT_EQ(depthOf(dead()), 19U);
  EXPECT_EQ(depthOf(work()), 11U);
}

TEST_F(DlqTest, ReplayGoesThroughMoreLettersThanAreReadAhead) {
  bury(type(), 0, 3000, "permanent");
  bury(type(), 3000, 1, "poison");
  EXPECT_EQ(runJson({"dlq", "replay", "--type", type(), "--reason", "poison"})["replayed"], 1);
  EXPECT_EQ(runJson({"dlq", "replay", "--type", type(), "--recipient", "4"})["replayed"], 300);
  EXPECT_EQ(runJson({"dlq", "replay", "--type", type()})["replayed"], 2700);
  EXPECT_EQ(depthOf(dead()), 0U);
  EXPECT_EQ(depthOf(work()), 3001U);
}

TEST_F(DlqTest, DropAsksOrNeedsYes) {
  bury(type(), 0, 12, "permanent");
  EXPECT_EQ(run({"dlq", "drop", "--type", type()}).code, 2);
  EXPECT_EQ(depthOf(dead()), 12U);
  EXPECT_EQ(runJson({"dlq", "drop", "--type", type(), "--recipient", "1", "--yes"})["dropped"], 2);
  EXPECT_EQ(depthOf(dead()), 10U);
  EXPECT_EQ(runJson({"dlq", "drop", "--type", type(), "--yes"})["dropped"], 10);
  EXPECT_EQ(depthOf(dead()), 0U);
}

TEST_F(DlqTest, ExportAndImportCarryLettersElsewhere) {
  bury(type(), 0, 20, "permanent");
  const Ran exported = run({"dlq", "export", "--type", type()});
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(depthOf(dead()), 20U);
  const auto before = takeAll(dead());
  EXPECT_EQ(run({"dlq", "import"}, exported.out).code, 0);
  const auto after = takeAll(dead());
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].body, before[i].body);
}

TEST_F(DlqTest, WhatShowPrintsIsNotImported) {
  bury(type(), 0, 1, "permanent");
  const Ran shown = run({"dlq", "show", "--type", type(), "--json"});
  const Ran ran = run({"dlq", "import"}, "\n" + shown.out);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("standard input:2: /body: found an object, expected a string"));
  EXPECT_EQ(depthOf(dead()), 1U);
}

TEST_F(DlqTest, AFileThatCantBeReadFailsTheImport) {
  write("dir/file", "");
  const Ran ran = run({"dlq", "import", path("dir"), path("none")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr(path("dir") + ": can't be read: Is a directory"));
  EXPECT_THAT(ran.err, HasSubstr(path("none") + ": can't be read: No such file"));
  EXPECT_THAT(ran.out, HasSubstr("imported 0, failed 2"));
}

// It heard no signal while its input was silent, and then called itself done.
TEST_F(DlqTest, AnInterruptedImportStopsAndFails) {
  const OpenInput input = openInput();
  const int pid = start({"dlq", "import"});
  input.write(letter(type(), 0, "permanent").dump() + "\n");
  EXPECT_TRUE(reaches(dead(), 1));
  ::kill(pid, SIGINT);
  EXPECT_EQ(waitFor(pid), 1);
}

}  // namespace
}  // namespace tidings::cli
