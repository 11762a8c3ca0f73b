#include <regex>

#include "bench.h"
#include "json/strings.h"
#include "render/catalog.h"
#include "samples.h"

namespace tidings::bench {
namespace {

render::Catalog templates() { return need(render::Catalog::load(TEMPLATES)); }

// As delivery/content.cpp does: the message, its data, and what is ours to say.
Body rendering(std::string_view set, std::string_view channel) {
  return [=, catalog = templates()] {
    const notification::Notification& job = typical();
    const JsonStrings<2> ours({{{"actionUrl", *job.actionUrl}, {"locale", "en"}}});
    const std::array contexts{job.body.root(), job.data, ours.value()};
    keep(need(catalog.render(set, channel, "en", contexts)));
  };
}

const Bench push("render/push", [] { return rendering("note", "push"); });
const Bench email("render/email", [] { return rendering("note", "email"); });

// What our Mustache is held against: the same text filled by what comes to mind first.
constexpr std::string_view naiveText =
    "{{actor}} commented on \"{{post}}\": {{excerpt}}\n{{actionUrl}}";
using Pairs = std::vector<std::pair<std::string, std::string>>;
Pairs values() {
  return {{"actor", "Kim"},
          {"post", "Lake & mountains"},
          {"excerpt", "What a lovely picture! Where was it taken? We were there in spring."},
          {"actionUrl", "https://app.example.com/posts/991823"}};
}

std::string replaceAll(const Pairs& values) {
  std::string text(naiveText);
  for (const auto& [name, value] : values) {
    const std::string tag = "{{" + name + "}}";
    for (size_t at = 0; (at = text.find(tag, at)) != std::string::npos; at += value.size()) {
      text.replace(at, tag.size(), value);
    }
  }
  return text;
}

std::string replaceMatches(const std::regex& tags, const Pairs& values) {
  std::string out;
  auto rest = naiveText.begin();
  std::cmatch match;
  while (std::regex_search(rest, naiveText.end(), match, tags)) {
    out.append(rest, match[0].first);
    for (const auto& [name, value] : values) {
      if (match[1] == name) out += value;
    }
    rest = match[0].second;
  }
  return out.append(rest, naiveText.end());
}

const Bench mustache("mustache/ours", [] { return rendering("plain", "sms"); });
const Bench naive("mustache/find-and-replace",
                  []() -> Body { return [values = values()] { keep(replaceAll(values)); }; });
const Bench regex("mustache/regex", []() -> Body {
  return [values = values(), tags = std::regex(R"(\{\{(\w+)\}\})")] {
    keep(replaceMatches(tags, values));
  };
});

}  // namespace
}  // namespace tidings::bench
