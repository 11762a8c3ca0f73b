#include "render/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "render/partial_set.h"
#include "unit/json/tree.h"

namespace tidings::render {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    std::string pattern = ::testing::TempDir() + "tidings-templates-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~CatalogTest() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name) << text;
  }

  std::string loadError() const {
    const Result<Catalog> catalog = Catalog::load(directory_);
    return catalog ? "loaded" : catalog.error().message;
  }

  Parts render(const std::string& set, const std::string& channel, const std::string& locale = "",
               const json& data = json::object(), std::string_view defaultLocale = "en") {
    const Result<Catalog> catalog = Catalog::load(directory_, defaultLocale);
    const JsonDocument parsed = documentFrom(data);
    const JsonValue context = parsed.root();
    Result<Parts> parts = catalog ? catalog->render(set, channel, locale, {&context, 1})
                                  : Result<Parts>(catalog.error());
    if (parts) return std::move(parts).value();
    return {.title = parts.error().message, .body = "", .text = "", .subject = "", .html = ""};
  }

  fs::path directory_;
};

TEST_F(CatalogTest, RendersThePartsOfAChannel) {
  write("a/push.title.mustache", "T {{x}}\n");
  write("a/push.body.mustache", "B {{x}}\n");
  write("a/sms.mustache", "S {{x}}\n");
  write("a/email.subject.mustache", "J {{x}}\n");
  write("a/email.html.mustache", "H {{x}}\n");
  write("a/email.text.mustache", "X {{x}}\n");
  const json data = {{"x", "<&>"}};
  const Parts push = render("a", "push", "", data), sms = render("a", "sms", "", data);
  const Parts email = render("a", "email", "", data);
  EXPECT_EQ(push.title + "|" + push.body + "|" + push.text, "T <&>|B <&>|");
  EXPECT_EQ(sms.text, "S <&>");
  EXPECT_EQ(email.subject + "|" + email.html + "|" + email.text, "J <&>|H &lt;&amp;&gt;\n|X <&>\n");
}

TEST_F(CatalogTest, LeavesEmptyWhatHasNoTemplate) {
  write("a/push.title.mustache", "T");
  EXPECT_EQ(render("a", "push").body, "");
  EXPECT_EQ(render("a", "sms").text, "");
  EXPECT_EQ(render("b", "push").title, "");
  const Result<Catalog> catalog = Catalog::load(directory_);
  ASSERT_TRUE(catalog);
  EXPECT_TRUE(catalog->has("a", "push"));
  EXPECT_FALSE(catalog->has("a", "sms"));
  EXPECT_FALSE(catalog->has("b", "push"));
  EXPECT_THAT(catalog->sets(), ::testing::ElementsAre("a"));
}

TEST_F(CatalogTest, FallsBackFromLocaleToLanguageToDefaultPartByPart) {
  write("a/push.title.mustache", "title");
  write("a/push.body.mustache", "body");
  write("a/ko/push.title.mustache", "제목");
  write("a/ko/push.body.mustache", "본문");
  write("a/ko-KR/push.body.mustache", "본문 KR");
  const auto text = [&](const char* locale) {
    const Parts parts = render("a", "push", locale);
    return parts.title + "|" + parts.body;
  };
  EXPECT_EQ(text("ko-KR"), "제목|본문 KR");
  EXPECT_EQ(text("ko_kr"), "제목|본문 KR");
  EXPECT_EQ(text("ko-KP"), "제목|본문");
  EXPECT_EQ(text("ko"), "제목|본문");
  EXPECT_EQ(text("kok"), "title|body");
  EXPECT_EQ(text("fr-FR"), "title|body");
  EXPECT_EQ(text(""), "title|body");
  EXPECT_EQ(render("a", "push", "", json::object(), "ko").title, "제목");
}

TEST_F(CatalogTest, FindsPartialsInTheWantedLocale) {
  write("a/sms.mustache", "{{>sign}}{{>mail/x}}");
  write("_partials/sign.mustache", "Yours");
  write("_partials/mail/x.mustache", "!");
  write("_partials/ko/sign.mustache", "드림");
  write("_partials/ko-KR/mail/x.mustache", "?");
  EXPECT_EQ(render("a", "sms").text, "Yours!");
  EXPECT_EQ(render("a", "sms", "ko").text, "드림!");
  EXPECT_EQ(render("a", "sms", "ko-KR").text, "드림?");
}

TEST_F(CatalogTest, MakesOneCleanLineOfTitlesAndSubjects) {
  write("a/push.title.mustache", "\n {{x}} \n\n end\t\n");
  write("a/email.subject.mustache", "{{x}}");
  const json data = {{"x", "a\r\nBcc: b\u0001\u0085\u2028 c"}};
  EXPECT_EQ(render("a", "push", "", data).title, "a Bcc: b c end");
  EXPECT_EQ(render("a", "email", "", data).subject, "a Bcc: b c");
}

TEST_F(CatalogTest, TrimsBodiesButKeepsTheirLines) {
  write("a/push.body.mustache", "\n one\n two\n\n");
  EXPECT_EQ(render("a", "push").body, "one\n two");
}

TEST_F(CatalogTest, StrictSetsNameTheMissingVariable) {
  write("a/push.title.mustache", "ok\n{{gone}}");
  EXPECT_EQ(render("a", "push").title, "ok");
  write("a/options.json", R"({"strict": true})");
  EXPECT_EQ(render("a", "push").title, "a/push.title.mustache:2:1: variable 'gone' is missing");
}

TEST_F(CatalogTest, DynamicPartialsComeOnlyFromTheLoadedOnes) {
  write("a/sms.mustache", "[{{>*d}}]");
  write("_partials/p.mustache", "x");
  write("secret.mustache", "secret");
  EXPECT_EQ(render("a", "sms", "", {{"d", "p"}}).text, "[x]");
  EXPECT_EQ(render("a", "sms", "", {{"d", "../secret"}}).text, "[]");
  EXPECT_EQ(render("a", "sms", "", {{"d", (directory_ / "secret").string()}}).text, "[]");
}

TEST_F(CatalogTest, NeverReadsAFileAfterLoading) {
  write("a/sms.mustache", "old {{>p}}");
  write("_partials/p.mustache", "partial");
  const Result<Catalog> catalog = Catalog::load(directory_);
  ASSERT_TRUE(catalog);
  fs::remove_all(directory_ / "a");
  fs::remove_all(directory_ / "_partials");
  const JsonValue context;
  const Result<Parts> parts = catalog->render("a", "sms", "", {&context, 1});
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->text, "old partial");
}

TEST_F(CatalogTest, NamesUnknownFilesAndTheNearestValidName) {
  write("a/push.titel.mustache", "");
  EXPECT_EQ(loadError(),
            "a/push.titel.mustache: found an unknown file, expected a part's; did you mean "
            "'push.title.mustache'?");
}

TEST_F(CatalogTest, ListsEveryProblemAtOnce) {
  write("a/sms.mustache", "{{#a}}");
  write("a/push.body.mustache", "\n {{>layuot}}");
  write("a/notalocale/sms.mustache", "");
  write("a/ko/options.json", "{}");
  write("b/options.json", R"({"strict": "yes", "strikt": true})");
  write("c/options.json", "[]");
  write("_partials/layout.mustache", "");
  write("_partial/x.mustache", "");
  const std::string all = loadError();
  EXPECT_THAT(all,
              HasSubstr("a/sms.mustache:1:1: found the end of the template, expected '{{/a}}'"));
  EXPECT_THAT(
      all, HasSubstr("a/push.body.mustache:2:2: found partial 'layuot', which doesn't exist; did "
                     "you mean 'layout'?"));
  EXPECT_THAT(all,
              HasSubstr("a/notalocale: found a directory, expected a locale such as ko or pt-BR"));
  EXPECT_THAT(all, HasSubstr("a/ko/options.json: found an unknown file"));
  EXPECT_THAT(all, HasSubstr("b/options.json: strict: found string, expected true or false"));
  EXPECT_THAT(all, HasSubstr("b/options.json: found key 'strikt', expected 'strict'"));
  EXPECT_THAT(all, HasSubstr("c/options.json: found no JSON object"));
  EXPECT_THAT(all, HasSubstr("_partial: found an unknown directory, expected _partials"));
}

TEST_F(CatalogTest, RefusesBrokenPartialsAndFilesThatAreNone) {
  write("_partials/p.mustache", "{{#a}}");
  write("_partials/q.mustache", "{{>nowhere}}");
  write("_partials/notes.txt", "");
  const std::string all = loadError();
  EXPECT_THAT(all, HasSubstr("_partials/p.mustache:1:1: found the end"));
  EXPECT_THAT(all,
              HasSubstr("_partials/q.mustache:1:1: found partial 'nowhere', which doesn't exist"));
  EXPECT_THAT(all, HasSubstr("_partials/notes.txt: found an unknown file, expected NAME.mustache"));
}

TEST_F(CatalogTest, PartialsOfAnyDirectoryMayHaveOtherCompany) {
  write("p.mustache", "x{{>nowhere}}");
  write("data.json", "{}");
  const Result<PartialSet> partials = PartialSet::load(directory_);
  ASSERT_TRUE(partials) << partials.error().message;
  EXPECT_NE(partials->in("").find("p"), nullptr);
  EXPECT_EQ(partials->in("ko").find("nowhere"), nullptr);
  EXPECT_FALSE(PartialSet::load(directory_ / "gone"));
}

TEST_F(CatalogTest, IgnoresHiddenFilesAndFilesBesideTheSets) {
  write("README.md", "");
  write("a/.sms.mustache.swp", "");
  write("a/sms.mustache", "\xEF\xBB\xBFx");
  EXPECT_EQ(render("a", "sms").text, "x");
}

TEST_F(CatalogTest, NeedsItsDirectory) {
  fs::remove_all(directory_);
  EXPECT_THAT(loadError(), HasSubstr("found no directory of templates"));
}

}  // namespace
}  // namespace tidings::render
