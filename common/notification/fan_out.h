// Fan-out: the job of each recipient is the parent's message with `recipient` instead of
// `recipients` or `topic`. Every other byte of the body stays as the app wrote it.
#pragma once

#include <string>
#include <string_view>

namespace tidings::notification {

// Scans the parent once; childFor() is then a concatenation. Holds a copy, so it outlives the body.
class FanOut {
 public:
  // Precondition: decode() accepted `body`.
  explicit FanOut(std::string_view body);

  // The child's body. `recipient` as decode() gave it: UTF-8 without control characters.
  std::string childFor(std::string_view recipient) const;

 private:
  std::string rest_;  // the members that stay, a comma before each
};

}  // namespace tidings::notification
