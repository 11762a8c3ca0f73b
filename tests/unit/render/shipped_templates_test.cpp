// The templates that come with the project, as people will read them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "render/catalog.h"
#include "unit/json/tree.h"

namespace tidings::render {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const Catalog& catalog() {
  static const Catalog shipped = [] {
    Result<Catalog> loaded = Catalog::load(TEMPLATES);
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return std::move(loaded).value();
  }();
  return shipped;
}

Parts render(const std::string& set, const std::string& channel, const std::string& locale,
             const json& data, json root = json::object()) {
  root["data"] = data;
  const JsonDocument parsed = documentFrom(root);
  const std::array contexts{parsed.root(), parsed.root().find("data")};
  Result<Parts> parts = catalog().render(set, channel, locale, contexts);
  if (parts) return std::move(parts).value();
  ADD_FAILURE() << parts.error().message;
  return {};
}

json whole() {
  return {{"actor", "Mina"}, {"post", "Trip to Jeju"}, {"excerpt", "Lovely <photos>!"}};
}

json with(json data, const char* key, const json& value) {
  data[key] = value;
  return data;
}

struct Push {
  const char *set, *locale;
  json data;
  const char *title, *body;
};

TEST(ShippedTemplates, PushReadsWell) {
  const Push cases[] = {
      {"comment", "en", whole(), "Mina commented", "“Lovely <photos>!”"},
      {"comment", "en", with(whole(), "count", 3), "Mina and 3 more commented",
       "“Lovely <photos>!”"},
      {"comment", "en", with(whole(), "count", 0), "Mina commented", "“Lovely <photos>!”"},
      {"comment", "en", {{"actor", "Mina"}, {"post", "Trip"}}, "Mina commented", "On “Trip”"},
      {"comment", "ko-KR", whole(), "Mina님이 댓글을 남겼습니다", "“Lovely <photos>!”"},
      {"comment", "ko", with(whole(), "count", 3), "Mina님 외 3명이 댓글을 남겼습니다",
       "“Lovely <photos>!”"},
      {"like", "en", whole(), "Mina liked your post", "“Trip to Jeju”"},
      {"like", "ko", with(whole(), "count", 2), "Mina님 외 2명이 회원님의 글을 좋아합니다",
       "“Trip to Jeju”"},
      {"follow", "en", whole(), "Mina started following you", "See who is following you."},
      {"follow", "ko", whole(), "Mina님이 회원님을 팔로우합니다",
       "누가 팔로우하는지 확인해 보세요."},
  };
  for (const Push& c : cases) {
    const Parts parts = render(c.set, "push", c.locale, c.data);
    EXPECT_EQ(parts.title, c.title);
    EXPECT_EQ(parts.body, c.body);
  }
}

TEST(ShippedTemplates, FallBackToTheMessageWhenDataIsMissing) {
  const json root = {
      {"title", "A title"}, {"message", "A message."}, {"actionUrl", "https://x.example/1"}};
  for (const std::string& set : catalog().sets()) {
    for (const char* locale : {"en", "ko"}) {
      SCOPED_TRACE(set + " " + locale);
      const Parts push = render(set, "push", locale, json::object(), root);
      EXPECT_EQ(push.title, "A title");
      EXPECT_EQ(push.body, "A message.");
      EXPECT_THAT(render(set, "sms", locale, json::object(), root).text,
                  ::testing::EndsWith("A message.\nhttps://x.example/1"));
      const Parts email = render(set, "email", locale, json::object(), root);
      EXPECT_EQ(email.subject, "A title");
      EXPECT_THAT(email.html, HasSubstr("A message."));
      EXPECT_THAT(email.text, HasSubstr("A message.\n\n"));
    }
  }
}

TEST(ShippedTemplates, SaySomethingEvenWithoutAnyData) {
  for (const std::string& set : catalog().sets()) {
    for (const char* locale : {"en", "ko"}) {
      SCOPED_TRACE(set + " " + locale);
      const Parts push = render(set, "push", locale, json::object());
      const Parts email = render(set, "email", locale, json::object());
      EXPECT_GT(push.title.size(), 3u);
      EXPECT_GT(push.body.size(), 3u);
      EXPECT_GT(render(set, "sms", locale, json::object()).text.size(), 3u);
      EXPECT_GT(email.subject.size(), 3u);
      EXPECT_THAT(email.html, Not(HasSubstr("href")));
      EXPECT_THAT(email.text, Not(HasSubstr("http")));
    }
  }
}

TEST(ShippedTemplates, SmsIsShortAndInEnglishNeedsNoUnicode) {
  const json root = {{"actionUrl", "https://x.example/c/9"}};
  EXPECT_EQ(
      render("comment", "sms", "en", with(whole(), "count", 2), root).text,
      "Mina and 2 more commented on \"Trip to Jeju\": Lovely <photos>!\nhttps://x.example/c/9");
  EXPECT_EQ(render("like", "sms", "ko", {{"actor", "민아"}}).text,
            "민아님이 회원님의 글을 좋아합니다.");
  for (const std::string& set : catalog().sets()) {
    const std::string text = render(set, "sms", "en", whole(), root).text;
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c > 0; })) << text;
  }
}

TEST(ShippedTemplates, PlainMailIsLaidOut) {
  const json root = {{"actionUrl", "https://x.example/c/9"}};
  EXPECT_EQ(render("comment", "email", "en", whole(), root).text,
            "Mina commented on “Trip to Jeju”.\n"
            "\n"
            "    “Lovely <photos>!”\n"
            "\n"
            "View the comment: https://x.example/c/9\n"
            "\n"
            "-- \n"
            "You receive this e-mail because of your notification settings.\n");
  EXPECT_EQ(render("system", "email", "ko", json::object(),
                   {{"title", "점검 안내"}, {"message", "내일 점검합니다."}})
                .text,
            "점검 안내\n"
            "\n"
            "내일 점검합니다.\n"
            "\n"
            "-- \n"
            "알림 설정에 따라 보내 드리는 메일입니다.\n");
}

TEST(ShippedTemplates, HtmlMailIsOneEscapedDocument) {
  const json root = {{"actionUrl", "https://x.example/c?a=1&b=\"2\""}};
  const std::string html = render("comment", "email", "ko-KR", whole(), root).html;
  EXPECT_THAT(html, ::testing::StartsWith("<!doctype html>\n<html lang=\"ko\">\n"));
  EXPECT_THAT(html, HasSubstr("Mina님이 “Trip to Jeju” 글에 댓글을 남겼습니다.\n"));
  EXPECT_THAT(html, HasSubstr("Lovely &lt;photos&gt;!</blockquote>"));
  EXPECT_THAT(html, HasSubstr("href=\"https://x.example/c?a=1&amp;b=&quot;2&quot;\""));
  EXPECT_THAT(html, HasSubstr(">댓글 보기</a>"));
  EXPECT_THAT(html, HasSubstr("알림 설정에 따라"));
  EXPECT_THAT(html, Not(HasSubstr("{{")));
  EXPECT_EQ(render("comment", "email", "ko", whole()).subject,
            "Mina님이 “Trip to Jeju” 글에 댓글을 남겼습니다");
}

TEST(ShippedTemplates, HtmlMailKeepsItsIndentation) {
  const std::string html = render("follow", "email", "en", whole()).html;
  EXPECT_THAT(html, HasSubstr("</h1>\n"
                              "    <p style=\"margin:0 0 16px\">\n"
                              "    Mina started following you.\n"
                              "    </p>\n"
                              "  </div>\n"
                              "  <p style"));
}

TEST(ShippedTemplates, AreAllThereInBothLanguages) {
  EXPECT_THAT(catalog().sets(), ::testing::ElementsAre("comment", "follow", "like", "system"));
  for (const std::string& set : catalog().sets()) {
    for (const char* channel : {"push", "sms", "email"}) EXPECT_TRUE(catalog().has(set, channel));
  }
}

}  // namespace
}  // namespace tidings::render
