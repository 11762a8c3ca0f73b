// The mandatory part of the specification: variables, sections, comments, delimiters.
#include "cases.h"

namespace tidings::render {
namespace {

TEST(MustacheVariables, AreReplacedByTheirText) {
  check({
      {"plain text stays", "a {b} c\n", "{}", "a {b} c\n"},
      {"a name", "Hi {{who}}!", R"({"who": "Mina"})", "Hi Mina!"},
      {"padding is ignored", "[{{  who\t}}]", R"({"who": "x"})", "[x]"},
      {"result is not a template", "{{a}}", R"({"a": "{{b}}", "b": "no"})", "{{b}}"},
      {"missing is empty", "[{{gone}}][{{{gone}}}][{{&gone}}]", "{}", "[][][]"},
      {"null is empty", "[{{n}}][{{{n}}}]", R"({"n": null})", "[][]"},
      {"empty template", "", "{}", ""},
      {"never standalone", "  {{a}}\n  {{{a}}}\n  {{&a}}\n", R"({"a": "x"})", "  x\n  x\n  x\n"},
      {"unicode names", "{{이름}}", R"({"이름": "민아"})", "민아"},
  });
}

TEST(MustacheVariables, AreEscapedUnlessAskedNotTo) {
  const char* data = R"({"x": "<a href=\"b\">'&'</a>"})";
  check({
      {"escaped", "{{x}}", data, "&lt;a href=&quot;b&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"},
      {"triple", "{{{x}}}", data, "<a href=\"b\">'&'</a>"},
      {"padded triple", "{{{ x }}}", data, "<a href=\"b\">'&'</a>"},
      {"ampersand", "{{& x }}{{ & x}}", R"({"x": "<"})", "<<"},
      {"triple closing takes the first end", "{{{x}}}}", R"({"x": 1})", "1}"},
  });
  EXPECT_EQ(renderText("{{x}}", data, {}, {.escape = Escape::none}), "<a href=\"b\">'&'</a>");
}

TEST(MustacheVariables, OfOtherTypesReadAsInJson) {
  check({
      {"integers", "{{a}} {{b}}", R"({"a": -12, "b": 18446744073709551615})",
       "-12 18446744073709551615"},
      {"shortest decimals", "{{a}} {{b}} {{c}}", R"({"a": 1.210, "b": 0.1, "c": 1e-7})",
       "1.21 0.1 1e-7"},
      {"whole doubles", "{{a}} {{b}} {{c}} {{d}}", R"({"a": 5.0, "b": 1e5, "c": 1e20, "d": -0.0})",
       "5 100000 100000000000000000000 0"},
      {"huge doubles", "{{a}}", R"({"a": 1e21})", "1e+21"},
      {"booleans", "{{a}} {{b}}", R"({"a": true, "b": false})", "true false"},
      {"lists and objects", "{{{a}}} {{b}}", R"({"a": [1, "x"], "b": {"c": "d"}})",
       "[1,\"x\"] {&quot;c&quot;:&quot;d&quot;}"},
  });
}

TEST(MustacheNames, WithDotsDescend) {
  check({
      {"deep", "{{a.b.c}}", R"({"a": {"b": {"c": "x"}}})", "x"},
      {"broken chain", "[{{a.b.c}}]", R"({"a": {}})", "[]"},
      {"broken by a value that is no object", "[{{a.b}}]", R"({"a": "text"})", "[]"},
      {"only the first part looks outward", "{{#a}}[{{b.c}}]{{/a}}",
       R"({"a": {"b": {}}, "b": {"c": "no"}})", "[]"},
      {"later parts don't look outward", "[{{a.b.c}}]", R"({"a": {"b": {}}, "c": "no"})", "[]"},
      {"a key with a dot is out of reach", "[{{a.b}}]", R"({"a.b": "no"})", "[]"},
      {"and hides nothing", "[{{a.b}}]", R"({"a.b": "no", "a": {"b": "yes"}})", "[yes]"},
      {"section", "{{#a.b}}yes{{/a.b}}{{#a.c}}no{{/a.c}}", R"({"a": {"b": true, "c": false}})",
       "yes"},
      {"inverted", "{{^a.b}}no{{/a.b}}{{^a.x.y}}yes{{/a.x.y}}", R"({"a": {"b": true}})", "yes"},
  });
}

TEST(MustacheNames, TheDotIsTheCurrentItem) {
  check({
      {"root", "{{.}}|{{{.}}}", R"("a&b")", "a&amp;b|a&b"},
      {"items", "{{#l}}({{.}}){{/l}}", R"({"l": ["a", 1, 2.50, true]})", "(a)(1)(2.5)(true)"},
      {"items are escaped", "{{#l}}{{.}}{{{.}}}{{&.}}{{/l}}", R"({"l": ["<"]})", "&lt;<<"},
      {"lists in lists", "{{#l}}[{{#.}}{{.}},{{/.}}]{{/l}}", R"({"l": [[1, 2], ["x"]]})",
       "[1,2,][x,]"},
      {"root list", "{{#.}}<{{v}}>{{/.}}", R"([{"v": 1}, {"v": 2}])", "<1><2>"},
      {"inverted", "{{^.}}empty{{/.}}", "[]", "empty"},
      {"value of a section", "{{#a}}{{.}} is {{a}}{{/a}}", R"({"a": "x"})", "x is x"},
  });
}

TEST(MustacheSections, RenderPerItemOrNotAtAll) {
  const char* falsey = R"({"f": false, "n": null, "e": [], "z": 0, "s": ""})";
  check({
      {"true", "{{#t}}yes{{/t}}{{^t}}no{{/t}}", R"({"t": true})", "yes"},
      {"what is falsey",
       "{{#f}}1{{/f}}{{#n}}2{{/n}}{{#e}}3{{/e}}{{#z}}4{{/z}}{{#s}}5{{/s}}{{#x}}6{{/x}}", falsey,
       ""},
      {"its inverse",
       "{{^f}}1{{/f}}{{^n}}2{{/n}}{{^e}}3{{/e}}{{^z}}4{{/z}}{{^s}}5{{/s}}{{^x}}6{{/x}}", falsey,
       "123456"},
      {"an empty object is something", "{{#o}}yes{{/o}}", R"({"o": {}})", "yes"},
      {"an object is the context", "{{#o}}{{v}}{{/o}}", R"({"o": {"v": 1}})", "1"},
      {"items", "{{#l}}{{v}};{{/l}}", R"({"l": [{"v": 1}, {"v": 2}]})", "1;2;"},
      {"names are looked up outward", "{{#o}}{{a}}{{b}}{{/o}}",
       R"({"a": 1, "b": 2, "o": {"b": 3}})", "13"},
      {"null hides an outer name", "{{#o}}[{{a}}]{{/o}}", R"({"a": 1, "o": {"a": null}})", "[]"},
      {"nested same name", "{{#b}}1{{#b}}2{{/b}}3{{/b}}", R"({"b": true})", "123"},
      {"after a section the context is back", "{{#o}}{{a}}{{/o}}{{a}}",
       R"({"a": 1, "o": {"a": 2}})", "21"},
      {"padding", "|{{# t }}={{/ t }}|{{^ f }}={{/\tf}}|", R"({"t": true})", "|=|=|"},
  });
}

TEST(MustacheStandalone, TagsTakeTheirWholeLine) {
  check({
      {"section", "a\n{{#t}}\nb\n{{/t}}\nc", R"({"t": true})", "a\nb\nc"},
      {"indented", "a\n  {{#t}}\nb\n\t{{/t}} \nc", R"({"t": true})", "a\nb\nc"},
      {"inverted", "a\n {{^f}}\nb\n {{/f}}\nc", "{}", "a\nb\nc"},
      {"comment", "a\n  {{! x }}\nb\n", "{}", "a\nb\n"},
      {"comment of many lines", "a\n  {{!\n x\n }}\nb\n", "{}", "a\nb\n"},
      {"delimiters", "a\n  {{=<% %>=}}\nb\n", "{}", "a\nb\n"},
      {"CRLF", "a\r\n{{#t}}\r\n{{/t}}\r\nb", R"({"t": true})", "a\r\nb"},
      {"at the beginning", "  {{#t}}\na{{/t}}\nb", R"({"t": true})", "a\nb"},
      {"at the end", "a{{#t}}\nb\n  {{/t}}", R"({"t": true})", "a\nb\n"},
      {"blank lines around stay", "\n{{#t}}\n\n{{/t}}\n\n", R"({"t": true})", "\n\n\n"},
  });
}

TEST(MustacheStandalone, TagsWithCompanyTakeNothing) {
  check({
      {"two tags", " {{#t}}{{/t}} \n", R"({"t": true})", "  \n"},
      {"text before", "a {{#t}}\nb{{/t}}\n", R"({"t": true})", "a \nb\n"},
      {"text after", "{{#t}} a\n{{/t}} b\n", R"({"t": true})", " a\n b\n"},
      {"inline comment", "  1 {{! 2 }}\n", "{}", "  1 \n"},
      {"inline delimiters", " | {{=@ @=}}\n", "{}", " | \n"},
      {"white space inside", " | {{#t}} {{! x }}\n {{/t}} |\n", R"({"t": true})", " |  \n  |\n"},
  });
}

TEST(MustacheComments, NeverShow) {
  check({
      {"inline", "1{{! a b c }}2", R"({"! a b c": 3, "a": 4})", "12"},
      {"lines", "1{{!\n x\n}}2\n", "{}", "12\n"},
      {"keeps space around", "1 {{!}} 2", "{}", "1  2"},
      {"holds anything but the end", "{{! {{#a <% }}x", "{}", "x"},
  });
}

TEST(MustacheDelimiters, CanBeChanged) {
  check({
      {"pair", "{{=<% %>=}}(<%a%>){{a}}", R"({"a": 1})", "(1){{a}}"},
      {"one sign for both", "({{=| |=}}|a|)", R"({"a": 1})", "(1)"},
      {"special signs", "{{=[ ]=}}[a][#l][.][/l]", R"({"a": 1, "l": [2]})", "12"},
      {"padding", "{{=   @   @  =}}@a@", R"({"a": 1})", "1"},
      {"and back", "{{=<% %>=}}<%={{ }}=%>{{a}}", R"({"a": 1})", "1"},
      {"hold into and after sections", "{{#t}}{{=<% %>=}}<%a%><%/t%><%a%>",
       R"({"t": true, "a": 1})", "11"},
      {"raw with other signs", "{{=<% %>=}}<%{a}%><%&a%>", R"({"a": "<"})", "<<"},
      {"not into partials", "{{=| |=}}|>p|", R"({"a": 1})", "1{|}", {{"p", "{{a}}{|}"}}},
      {"not out of partials", "{{>p}}{{a}}|a|", R"({"a": 1})", "11|a|", {{"p", "{{=| |=}}|a|"}}},
  });
}

}  // namespace
}  // namespace tidings::render
