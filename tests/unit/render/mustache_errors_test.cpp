#include "cases.h"

namespace tidings::render {
namespace {

std::string compileError(const std::string& source) {
  const Result<Template> made = compile(source, "a.mustache");
  if (made) return "compiled";
  EXPECT_EQ(made.error().kind, ErrorKind::invalid);
  return made.error().message;
}

TEST(MustacheCompile, SaysWhereAndWhatAndWhatWasExpected) {
  const std::pair<const char*, const char*> cases[] = {
      {"ab\n {{a", "a.mustache:2:2: found the end of the template, expected '}}' to end the tag"},
      {"{{{a}}", "a.mustache:1:1: found the end of the template, expected '}}}'"},
      {"{{!a", "a.mustache:1:1: found the end of the template, expected '}}'"},
      {"{{=a b}}", "a.mustache:1:1: found the end of the template, expected '=}}'"},
      {"x{{#a}}", "a.mustache:1:2: found the end of the template, expected '{{/a}}' to close"},
      {"{{<*a}}{{/a}}",
       "a.mustache:1:8: found '{{/a}}', expected '{{/*a}}' to close the tag of 1:1"},
      {"{{#a}}\n{{/b}}",
       "a.mustache:2:1: found '{{/b}}', expected '{{/a}}' to close the tag of 1:1"},
      {"{{#a}}{{#b}}{{/a}}{{/b}}", "a.mustache:1:13: found '{{/a}}', expected '{{/b}}'"},
      {"{{/a}}", "a.mustache:1:1: found '{{/a}}', expected no closing tag: nothing is open here"},
      {"{{}}", "a.mustache:1:1: found an empty tag, expected a name"},
      {"{{# }}", "a.mustache:1:1: found an empty tag, expected a name"},
      {"{{>*}}", "a.mustache:1:1: found an empty tag, expected a name"},
      {"한글 {{a b}}", "a.mustache:1:4: found 'a b', expected a name without white space"},
      {"{{a..b}}", "a.mustache:1:1: found 'a..b', expected a name on each side of every dot"},
      {"{{.a}}", "a.mustache:1:1: found '.a', expected a name on each side of every dot"},
      {"{{a.}}", "a.mustache:1:1: found 'a.', expected a name on each side of every dot"},
      {"{{=a=}}", "a.mustache:1:1: found 'a', expected two delimiters with a space between"},
      {"{{=a b c=}}", "a.mustache:1:1: found 'a b c', expected two delimiters"},
      {"{{= =}}", "a.mustache:1:1: found '', expected two delimiters"},
      {"{{>../a}}",
       "a.mustache:1:1: found '../a', expected a partial's name, relative and without '..'"},
      {"{{>/etc/passwd}}", "a.mustache:1:1: found '/etc/passwd', expected a partial's name"},
      {"{{<a/../b}}{{/a/../b}}", "a.mustache:1:1: found 'a/../b', expected a partial's name"},
      {"{{<p}}{{$a}}{{/a}}{{$a}}{{/a}}{{/p}}", "a.mustache:1:19: found block 'a' again"},
      {"\n\xFF", "a.mustache:2:1: found a byte that is not UTF-8"},
  };
  for (const auto& [source, expected] : cases) {
    EXPECT_THAT(compileError(source), ::testing::StartsWith(expected)) << source;
  }
}

TEST(MustacheCompile, BoundsNestingAndSize) {
  std::string open, close;
  for (int i = 0; i < 65; ++i) open += "{{#a}}", close += "{{/a}}";
  EXPECT_THAT(compileError(open + close), ::testing::HasSubstr("nested deeper than 64"));
  EXPECT_THAT(compileError(std::string((1 << 20) + 1, 'x')), ::testing::HasSubstr("at most 1 MiB"));
}

TEST(MustacheStrict, NamesWhatIsMissingAndWhere) {
  const RenderOptions strict{.strict = true};
  const std::map<std::string, std::string> partials = {{"p", "\n {{gone.too}}"}};
  EXPECT_EQ(renderText("a\n {{gone}}", "{}", {}, strict),
            "error: t:2:2: variable 'gone' is missing");
  EXPECT_EQ(renderText("{{a.b}}", R"({"a": {}})", {}, strict),
            "error: t:1:1: variable 'a.b' is missing");
  EXPECT_EQ(renderText("{{>p}}", "{}", partials, strict),
            "error: p:2:2: variable 'gone.too' is missing");
  EXPECT_EQ(renderText("{{>q}}", "{}", partials, strict), "error: t:1:1: partial 'q' is missing");
  EXPECT_EQ(renderText("{{>*d}}", "{}", partials, strict), "error: t:1:1: variable 'd' is missing");
  EXPECT_EQ(renderText("{{>*d}}", R"({"d": "../x"})", partials, strict),
            "error: t:1:1: partial '../x' is missing");
}

TEST(MustacheStrict, LetsSectionsAskAndNullBeNull) {
  const RenderOptions strict{.strict = true};
  EXPECT_EQ(renderText("{{#a}}x{{/a}}{{^a}}y{{/a}}[{{n}}]", R"({"n": null})", {}, strict), "y[]");
}

TEST(MustacheBounds, StopRecursionWithoutEnd) {
  EXPECT_THAT(renderText("{{>p}}", "{}", {{"p", "x{{>p}}"}}),
              ::testing::HasSubstr("p:1:2: partial 'p' is nested more than 64 deep"));
  EXPECT_THAT(renderText("{{<p}}{{/p}}", "{}", {{"p", "{{<q}}{{/q}}"}, {"q", "{{>p}}"}}),
              ::testing::HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(renderText("{{>p}}", R"({"a": {"b": 1}})",
                         {{"p",
                           "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{>p}}"
                           "{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}"}}),
              ::testing::HasSubstr("nest too deep"));
}

TEST(MustacheBounds, AllowSixtyFourPartialsWithinEachOther) {
  std::map<std::string, std::string> partials;
  for (int i = 1; i < 64; ++i)
    partials["p" + std::to_string(i)] = "{{>p" + std::to_string(i + 1) + "}}";
  partials["p64"] = "deep";
  EXPECT_EQ(renderText("{{>p1}}", "{}", partials), "deep");
}

TEST(MustacheBounds, StopOutputAndWorkThatGrowWithoutEnd) {
  nlohmann::json data;
  data["l"] = nlohmann::json::array();
  for (int i = 0; i < 200; ++i) data["l"].push_back(i);
  const std::string json = data.dump();
  EXPECT_THAT(renderText("{{#l}}{{#l}}{{#l}}12345678{{/l}}{{/l}}{{/l}}", json),
              ::testing::HasSubstr("t:1:19: the output exceeds 1048576 bytes"));
  EXPECT_THAT(renderText("{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}", json),
              ::testing::HasSubstr("steps"));
  EXPECT_THAT(renderText("{{a}}{{a}}", R"({"a": "12345"})", {}, {.maxOutput = 9}),
              ::testing::HasSubstr("the output exceeds 9 bytes"));
  EXPECT_EQ(renderText("{{a}}{{a}}", R"({"a": "12345"})", {}, {.maxOutput = 10}), "1234512345");
}

TEST(MustacheContexts, TheLastOneIsInnermost) {
  const auto root = documentOf(R"({"title":"T","a":"outer"})"),
             data = documentOf(R"({"a":"inner"})");
  const std::array contexts{root.root(), data.root()};
  std::string out = "before ";
  const Result<Template> made = compile("{{title}} {{a}} {{{.}}}", "t");
  ASSERT_TRUE(made && renderTo(out, *made, contexts, {}));
  EXPECT_EQ(out, "before T inner {\"a\":\"inner\"}");
}

}  // namespace
}  // namespace tidings::render
