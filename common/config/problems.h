// Every fault of a file at once: nobody wants to find them one start after the other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tidings::config {

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  // `line` counts from 1; 0 if there is none to name.
  void add(int line, const std::string& key, const std::string& what);
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // In the order of the lines, the first 20. Precondition: !empty().
  Error asError() const;

 private:
  struct Entry {
    int line;
    std::string text;
  };
  std::string file_;
  std::vector<Entry> entries_;
};

}  // namespace tidings::config
