#include "cases.h"

namespace tidings::render {
namespace {

TEST(MustacheBlocks, ShowTheirDefaultUnlessOverridden) {
  check({
      {"default", "{{$b}}x {{a}} {{{h}}}{{#t}}!{{/t}}{{/b}}", R"({"a": 1, "h": "<", "t": true})",
       "x 1 <!"},
      {"default in a parent", "{{<p}}{{/p}}", "{}", "[d]", {{"p", "[{{$b}}d{{/b}}]"}}},
      {"a partial is a parent without arguments",
       "{{>p}}|{{<p}}{{/p}}",
       "{}",
       "d|d",
       {{"p", "{{$b}}d{{/b}}"}}},
      {"overridden", "{{<p}}{{$b}}mine{{/b}}{{/p}}", "{}", "[mine]", {{"p", "[{{$b}}d{{/b}}]"}}},
      {"one of two",
       "{{<p}}{{$c}}mine{{/c}}{{/p}}",
       "{}",
       "d, mine",
       {{"p", "{{$b}}d{{/b}}, {{$c}}d{{/c}}"}}},
      {"used twice",
       "{{<p}}{{$b}}mine{{/b}}{{/p}}",
       "{}",
       "mine mine",
       {{"p", "{{$b}}1{{/b}} {{$b}}2{{/b}}"}}},
      {"to nothing", "[{{<p}}{{$b}}{{/b}}{{/p}}]", "{}", "[]", {{"p", "{{$b}}d{{/b}}"}}},
      {"block names are not variables",
       "{{<p}}{{/p}}",
       R"({"b": "no"})",
       "d",
       {{"p", "{{$b}}d{{/b}}"}}},
      {"a missing parent is empty", "[{{<p}}{{$b}}x{{/b}}{{/p}}]", "{}", "[]"},
      {"two parents keep theirs apart",
       "{{<p}}{{$b}}1{{/b}}{{/p}}{{<p}}{{$b}}2{{/b}}{{/p}}{{<p}}{{/p}}",
       "{}",
       "12d",
       {{"p", "{{$b}}d{{/b}}"}}},
      {"all else in a parent is a comment",
       "{{<p}} x {{a}}{{#t}}y{{/t}}{{$b}}mine{{/b}} z {{/p}}",
       R"({"t": true})",
       "mine",
       {{"p", "{{$b}}d{{/b}}"}}},
  });
}

TEST(MustacheBlocks, AreRenderedInTheContextOfTheirPlaceInTheParent) {
  check({
      {"inside the parent's section",
       "{{<p}}{{$b}}I say {{f}}.{{/b}}{{/p}}",
       R"({"f": "apples", "n": {"f": "bananas"}})",
       "I say bananas.",
       {{"p", "{{#n}}{{$b}}You say {{f}}.{{/b}}{{/n}}"}}},
      {"once per item",
       "{{<p}}{{$b}}{{.}};{{/b}}{{/p}}",
       R"({"l": [1, 2]})",
       "1;2;",
       {{"p", "{{#l}}{{$b}}{{/b}}{{/l}}"}}},
  });
}

TEST(MustacheInheritance, TheOutermostOverrideWins) {
  const std::map<std::string, std::string> three = {{"p", "{{<o}}{{$a}}p{{/a}}{{/o}}"},
                                                    {"o", "{{<g}}{{$a}}o{{/a}}{{/g}}"},
                                                    {"g", "{{$a}}g{{/a}}"}};
  check({
      {"three levels", "{{<p}}{{$a}}c{{/a}}{{/p}}", "{}", "c", three},
      {"none at the top", "{{<p}}{{/p}}", "{}", "p", three},
      {"passed on through partials",
       "{{<p}}{{$a}}mine{{/a}}{{/p}}",
       "{}",
       "<mine>",
       {{"p", "<{{>q}}>"}, {"q", "{{$a}}d{{/a}}"}}},
      {"parents that call each other",
       "{{<p}}{{$f}}over{{/f}}{{/p}}",
       "{}",
       "over over over stop",
       {{"p", "{{$f}}d{{/f}} {{$b}}{{<q}}{{/q}}{{/b}}"},
        {"q", "{{$f}}d2{{/f}} {{<p}}{{$b}}stop{{/b}}{{/p}}"}}},
      {"a block within an argument is the argument's own parameter",
       "{{<p}}{{$a}}[{{$a}}x{{/a}}]{{/a}}{{/p}}",
       "{}",
       "[x]",
       {{"p", "{{$a}}d{{/a}}"}}},
      {"and can be overridden from further out",
       "{{<p}}{{$in}}mine{{/in}}{{/p}}",
       "{}",
       "<mine>",
       {{"p", "{{<g}}{{$a}}<{{$in}}d{{/in}}>{{/a}}{{/g}}"}, {"g", "{{$a}}{{/a}}"}}},
  });
}

TEST(MustacheInheritance, AParentStandingAloneIsIndented) {
  check({
      {"on one line", "a\n  {{<p}}{{/p}}\nb\n", "{}", "a\n  1\n  2\nb\n", {{"p", "1\n2\n"}}},
      {"on several lines",
       "a\n  {{<p}}\n  {{$b}}x{{/b}}\n  {{/p}}\nb\n",
       "{}",
       "a\n  1x\n  2\nb\n",
       {{"p", "1{{$b}}{{/b}}\n2\n"}}},
      {"with text before", "a {{<p}}{{/p}}\n", "{}", "a 1\n2\n", {{"p", "1\n2"}}},
      {"with text after", "  {{<p}}{{/p}} b\n", "{}", "  1\n2 b\n", {{"p", "1\n2"}}},
  });
}

TEST(MustacheInheritance, ABlocksContentBeginsOnTheLineAfterItsTag) {
  check({
      {"newline after the opening tag goes",
       "{{<p}}{{$b}}\n1\n\n2\n{{/b}}{{/p}}",
       "{}",
       "1\n\n2\n",
       {{"p", "{{$b}}d{{/b}}"}}},
      {"indented closing tag goes with its line",
       "{{<p}}\n  {{$b}}\n  1\n  {{/b}}\n{{/p}}\n",
       "{}",
       "<1\n>",
       {{"p", "<{{$b}}d{{/b}}>"}}},
      {"in one line all stays",
       "{{<p}}{{$b}} 1 {{/b}}{{/p}}",
       "{}",
       "< 1 >",
       {{"p", "<{{$b}}d{{/b}}>"}}},
  });
}

TEST(MustacheInheritance, ABlocksContentIsReindented) {
  const std::string argument = "{{<p}}{{$b}}\n    one\n      two\n{{/b}}{{/p}}";
  check({
      {"to the place of a tag on one line",
       argument,
       "{}",
       "Hi\n  one\n    two\n\n",
       {{"p", "Hi\n  {{$b}}{{/b}}\n"}}},
      {"to the place of the tag when the default is empty",
       argument,
       "{}",
       "Hi\n  one\n    two\n",
       {{"p", "Hi\n  {{$b}}\n  {{/b}}\n"}}},
      {"to the default's own indentation",
       argument,
       "{}",
       "Hi\n   one\n     two\n.",
       {{"p", "Hi\n{{$b}}\n   default\n{{/b}}\n."}}},
      {"not in the middle of a line",
       argument,
       "{}",
       "Hi one\n  two\n!",
       {{"p", "Hi {{$b}}{{/b}}!"}}},
      {"content that begins beside its tag",
       "{{<p}}{{$b}}one\ntwo{{/b}}{{/p}}",
       "{}",
       "Hi\n  one\n  two\n",
       {{"p", "Hi\n  {{$b}}{{/b}}\n"}}},
      {"the parent's indentation adds up",
       "Yo\n " + argument + "\n",
       "{}",
       "Yo\n Hi\n   one\n     two\n",
       {{"p", "Hi\n  {{$b}}\n  {{/b}}\n"}}},
      {"beginning with a tag",
       "{{<p}}{{$b}}{{a}}\n{{a}}\n{{/b}}{{/p}}",
       R"({"a": 1})",
       "  1\n  1\n\n",
       {{"p", "  {{$b}}{{/b}}\n"}}},
  });
}

TEST(MustacheInheritance, NestedBlocksAreReindentedWithinEachOther) {
  const std::string parent = "{{<g}}{{$b}}\n  one\n  {{$n}}\n    two\n  {{/n}}\n{{/b}}{{/g}}";
  check({
      {"relative to the block around",
       "{{<p}}{{$n}}\nthree\n{{/n}}{{/p}}",
       "{}",
       "one\n  three\n",
       {{"p", parent}, {"g", "{{$b}}d{{/b}}"}}},
      {"default content keeps its shape",
       "{{<p}}{{/p}}",
       "{}",
       "   one\n     two\n",
       {{"p", parent}, {"g", "   {{$b}}\n   {{/b}}\n"}}},
      {"sections don't count, their lines do",
       "{{<p}}{{$b}}\n{{#t}}\n    x\n{{/t}}\n  y\n{{/b}}{{/p}}",
       R"({"t": true})",
       "  x\ny\n",
       {{"p", "{{$b}}{{/b}}"}}},
      {"partials count",
       "{{<p}}{{$b}}\n    x\n  {{>q}}\n{{/b}}{{/p}}",
       "{}",
       "  x\n1\n2\n",
       {{"p", "{{$b}}{{/b}}"}, {"q", "1\n2\n"}}},
  });
}

TEST(MustacheBlocks, OnTheirOwnKeepTheirDefaultAsItIsWritten) {
  check({
      {"on lines of its own", "a\n  {{$b}}\n    x\n   y\n  {{/b}}\nb\n", "{}",
       "a\n    x\n   y\nb\n"},
      {"on one line", "a\n  {{$b}}x{{/b}}\nb\n", "{}", "a\n  x\nb\n"},
      {"inline", "a {{$b}}x{{/b}} b\n", "{}", "a x b\n"},
      {"content beside the opening tag", "  {{$b}}x\n  y\n  {{/b}}\nb", "{}", "  x\n  y\nb"},
      {"text after the closing tag", "{{$b}}\nx\n{{/b}} c\n", "{}", "x\n c\n"},
      {"text before the opening tag", "a {{$b}}\nx\n{{/b}}\nc\n", "{}", "a \nx\nc\n"},
  });
}

}  // namespace
}  // namespace tidings::render
