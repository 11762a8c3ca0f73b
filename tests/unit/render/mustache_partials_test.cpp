#include "cases.h"

namespace tidings::render {
namespace {

TEST(MustachePartials, AreRenderedInTheContextOfTheirTag) {
  check({
      {"inserted", "[{{>p}}]", "{}", "[x]", {{"p", "x"}}},
      {"missing is empty", "[{{>p}}]", "{}", "[]"},
      {"context", "{{#o}}{{>p}}{{/o}}", R"({"o": {"a": 1}, "b": 2})", "12", {{"p", "{{a}}{{b}}"}}},
      {"nested", "{{>p}}", R"({"a": 1})", "<1>", {{"p", "<{{>q}}>"}, {"q", "{{a}}"}}},
      {"recursive",
       "{{>n}}",
       R"({"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": []}]})",
       "1(2()3())",
       {{"n", "{{v}}({{#c}}{{>n}}{{/c}})"}}},
      {"padding", "[{{> p }}]", "{}", "[x]", {{"p", "x"}}},
      {"path names", "{{>mail/p}}", "{}", "x", {{"mail/p", "x"}}},
  });
}

TEST(MustachePartials, StandingAloneAreIndented) {
  check({
      {"every line", " a\n  {{>p}}\nb", "{}", " a\n  1\n  2\nb", {{"p", "1\n2\n"}}},
      {"no newline is added", "a\n {{>p}}\nb", "{}", "a\n 1b", {{"p", "1"}}},
      {"empty lines stay empty",
       "  {{>p}}\n",
       "{}",
       "  1\n\n  2\n\r\n  3\n",
       {{"p", "1\n\n2\n\r\n3\n"}}},
      {"lines beginning with a tag",
       "  {{>p}}\n",
       R"({"a": 1, "l": [2, 3]})",
       "  1\n  2!\n  3!\n",
       {{"p", "{{a}}\n{{#l}}\n{{.}}!\n{{/l}}\n"}}},
      {"lines beginning with a comment", "  {{>p}}\n", "{}", "  x\n", {{"p", "{{!c}}x\n"}}},
      {"lines beginning with a closing tag",
       "  {{>p}}\n",
       R"({"t": true})",
       "  a\n  b\n",
       {{"p", "{{#t}}a\n{{/t}}b\n"}}},
      {"not the lines of values",
       "  {{>p}}\n",
       R"({"a": "1\n2"})",
       "  1\n2\n  3\n",
       {{"p", "{{{a}}}\n3\n"}}},
      {"indentation adds up",
       " {{>p}}\n",
       "{}",
       " a\n  b\n  c\n",
       {{"p", "a\n {{>q}}\n"}, {"q", "b\nc\n"}}},
      {"it ends with the partial", " {{>p}}\n{{>p}}\n", "{}", " 1\n 2\n1\n2\n", {{"p", "1\n2\n"}}},
      {"tabs", "\t{{>p}}\n", "{}", "\t1\n\t2\n", {{"p", "1\n2\n"}}},
      {"CRLF", "a\r\n{{>p}}\r\nb", "{}", "a\r\n1b", {{"p", "1"}}},
  });
}

TEST(MustachePartials, InTheMiddleOfALineAreNot) {
  check({
      {"text before", "| {{>p}}\n", "{}", "| 1\n2\n", {{"p", "1\n2"}}},
      {"variable before", "  {{a}}  {{>p}}\n", R"({"a": "x"})", "  x  1\n2\n", {{"p", "1\n2"}}},
      {"text after", "  {{>p}} |\n", "{}", "  1\n2 |\n", {{"p", "1\n2"}}},
      {"inside an indented one",
       " {{>p}}\n",
       "{}",
       " x 1\n2\n y\n",
       {{"p", "x {{>q}}\ny\n"}, {"q", "1\n2"}}},
  });
}

TEST(MustacheDynamicNames, AreLookedUpFirst) {
  check({
      {"a variable tells the name", "{{>*d}}", R"({"d": "p"})", "x", {{"p", "x"}}},
      {"the star is not part of the name",
       "{{>*d}}",
       R"({"d": "p", "*d": "q"})",
       "x",
       {{"p", "x"}, {"q", "y"}}},
      {"padding", "{{> * d }}", R"({"d": "p"})", "x", {{"p", "x"}}},
      {"dots", "{{>*a.b}}", R"({"a": {"b": "p"}})", "x", {{"p", "x"}}},
      {"the name's context is not entered",
       "{{#a}}{{>*b.d}}{{/a}}",
       R"({"a": {"v": 1}, "b": {"d": "p", "v": 2}})",
       "1",
       {{"p", "{{v}}"}}},
      {"missing variable", "[{{>*d}}]", "{}", "[]", {{"p", "x"}}},
      {"missing partial", "[{{>*d}}]", R"({"d": "q"})", "[]", {{"p", "x"}}},
      {"no text", "[{{>*d}}]", R"({"d": 5})", "[]", {{"5", "x"}}},
      {"only once", "[{{>**d}}]", R"({"d": "e", "e": "p"})", "[]", {{"p", "x"}}},
      {"indented", " {{>*d}}\n.", R"({"d": "p"})", " 1\n 2\n.", {{"p", "1\n2\n"}}},
      {"recursion",
       "{{>*t}}",
       R"({"t": "n", "v": 1, "c": [{"v": 2, "c": []}]})",
       "1<2<>>",
       {{"n", "{{v}}<{{#c}}{{>*t}}{{/c}}>"}}},
      {"parents too",
       "{{<*d}}{{$b}}mine{{/b}}{{/*d}}",
       R"({"d": "p"})",
       "[mine]",
       {{"p", "[{{$b}}{{/b}}]"}}},
  });
}

TEST(MustacheDynamicNames, CanNotReachOutsideTheKnownPartials) {
  for (const char* name : {"../secret", "/etc/passwd", "..", "p/../../x", "file:///etc/passwd"}) {
    const std::string data = std::string(R"({"d": ")") + name + "\"}";
    EXPECT_EQ(renderText("[{{>*d}}]", data, {{"p", "x"}}), "[]") << name;
  }
}

}  // namespace
}  // namespace tidings::render
