// The tree → a Program. Pure.
//
// Indentation of blocks (official specification, module "inheritance"): where a block's content
// begins on a line of its own, the white space its lines have in common is taken away here and the
// block's place in the parent adds its own while rendering.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "render/parser.h"
#include "render/program.h"

namespace tidings::render {

// Fails on names that can't be: a dotted name with an empty part, a partial's name with "..".
Result<Program> emit(const std::vector<Token>& tokens, const std::vector<Node>& nodes,
                     std::string_view name);

}  // namespace tidings::render
