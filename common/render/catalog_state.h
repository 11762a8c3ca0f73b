// What a Catalog holds. Private to this room.
#pragma once

#include <array>
#include <map>
#include <string>

#include "render/catalog.h"
#include "render/localized.h"
#include "render/partial_set.h"

namespace tidings::render {

struct TemplateSet {
  bool strict = false;
  std::array<Localized<Template>, kParts.size()> parts;  // in the order of kParts
};

struct Catalog::State {
  std::string defaultLocale;
  std::map<std::string, TemplateSet, std::less<>> sets;
  PartialSet partials;
};

}  // namespace tidings::render
