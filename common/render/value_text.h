// How a JSON value reads in rendered text. Pure; allocates only by growing `out`.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace tidings::render {

void appendText(std::string& out, JsonValue value);

// As appendText, with & < > " ' as character references.
void appendHtml(std::string& out, JsonValue value);
void escapeHtml(std::string& out, std::string_view text);

// False for what doesn't render a section: false, null, 0, "" and []; and for what is absent.
bool isTruthy(JsonValue value);

}  // namespace tidings::render
