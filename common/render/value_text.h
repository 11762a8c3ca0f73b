// How a JSON value reads in rendered text. Pure; allocates only by growing `out`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace tidings::render {

void appendText(std::string& out, const nlohmann::json& value);

// As appendText, with & < > " ' as character references.
void appendHtml(std::string& out, const nlohmann::json& value);
void escapeHtml(std::string& out, std::string_view text);

// False for what doesn't render a section: false, null, 0, "" and [].
bool isTruthy(const nlohmann::json& value);

}  // namespace tidings::render
