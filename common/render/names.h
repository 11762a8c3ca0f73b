// Names: of partials, of locales, and the one somebody probably meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidings::render {

// A relative name such as "layout" or "mail/layout": never absolute, no "." or ".." step, no
// backslash, no control characters. So a name can't leave the directory it is looked up in.
bool isPartialName(std::string_view name);

// A language tag's form: "ko", "ko-KR", "zh-Hant-TW".
bool isLocale(std::string_view name);

// True where `general` is `wanted` or a beginning of it: "ko" of "ko-KR" and of "ko_KR.UTF-8",
// whatever the case; "" of everything.
bool covers(std::string_view general, std::string_view wanted);

// The known name fewest edits away; empty when none is near.
std::string_view nearest(std::string_view name, std::span<const std::string_view> known);

}  // namespace tidings::render
