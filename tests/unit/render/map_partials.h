// Partials from a table of name and text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "render/mustache.h"

namespace tidings::render {

class MapPartials : public Partials {
 public:
  MapPartials(const std::map<std::string, std::string>& texts) {
    for (const auto& [name, text] : texts) {
      Result<Template> made = compile(text, name);
      if (made) {
        templates_.emplace(name, std::move(made).value());
      } else {
        ADD_FAILURE() << made.error().message;
      }
    }
  }

  const Template* find(std::string_view name) const override {
    const auto found = templates_.find(name);
    return found == templates_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, Template, std::less<>> templates_;
};

}  // namespace tidings::render
