// What a template set is made of: one file for each part of a channel's message.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "render/mustache.h"

namespace tidings::render {

// A rendered message; empty where the channel has no such part or the set no template for it.
struct Parts {
  std::string title, body;    // push
  std::string text;           // SMS; an e-mail's plain part
  std::string subject, html;  // e-mail
};

// line: control characters and line ends become one space, ends trimmed (a header can't be forged).
// trimmed: without white space at its ends. asWritten: as the template made it.
enum class Finish { line, trimmed, asWritten };

struct PartRule {
  std::string_view file;  // without ".mustache"
  std::string_view channel;
  std::string Parts::*field;
  Escape escape;
  Finish finish;
};

inline constexpr std::array<PartRule, 6> kParts{{
    {"push.title", "push", &Parts::title, Escape::none, Finish::line},
    {"push.body", "push", &Parts::body, Escape::none, Finish::trimmed},
    {"sms", "sms", &Parts::text, Escape::none, Finish::trimmed},
    {"email.subject", "email", &Parts::subject, Escape::none, Finish::line},
    {"email.html", "email", &Parts::html, Escape::html, Finish::asWritten},
    {"email.text", "email", &Parts::text, Escape::none, Finish::asWritten},
}};

void finish(std::string& text, Finish how);

}  // namespace tidings::render
