// Things of which some exist in several languages. The one without a locale is the default.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "render/names.h"

namespace tidings::render {

template <class T>
class Localized {
 public:
  T& add(std::string locale, T thing) {
    return things_.emplace_back(std::move(locale), std::move(thing)).second;
  }

  // The most specific one that covers the wanted locale: ko-KR, then ko, then the default.
  const T* find(std::string_view wanted) const {
    const std::pair<std::string, T>* best = nullptr;
    for (const auto& candidate : things_) {
      if (best && candidate.first.size() <= best->first.size()) continue;
      if (covers(candidate.first, wanted)) best = &candidate;
    }
    return best ? &best->second : nullptr;
  }

  bool empty() const { return things_.empty(); }

 private:
  std::vector<std::pair<std::string, T>> things_;
};

}  // namespace tidings::render
