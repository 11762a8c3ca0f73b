// Strong identifier types, so that look-alike strings can't be swapped.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace tidings {

template <class Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string text) : text_(std::move(text)) {}
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const StrongString&) const = default;

 private:
  std::string text_;
};

}  // namespace tidings

template <class Tag>
struct std::hash<tidings::StrongString<Tag>> {
  size_t operator()(const tidings::StrongString<Tag>& s) const {
    return std::hash<std::string>{}(s.str());
  }
};
