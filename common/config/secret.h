// A value that never prints itself. Reading it takes the word reveal(), which can be searched for.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace tidings::config {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

}  // namespace tidings::config
