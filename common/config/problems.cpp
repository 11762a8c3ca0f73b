#include "config/problems.h"

#include <algorithm>

namespace tidings::config {
namespace {
constexpr size_t maxShown = 20;
}

void Problems::add(int line, const std::string& key, const std::string& what) {
  const std::string place = line > 0 ? file_ + ":" + std::to_string(line) : file_;
  entries_.push_back({line, place + ": " + (key.empty() ? what : key + ": " + what)});
}

Error Problems::asError() const {
  auto sorted = entries_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entry& a, const Entry& b) { return a.line < b.line; });
  std::string text;
  for (size_t i = 0; i < std::min(sorted.size(), maxShown); ++i) {
    text += (i > 0 ? "\n" : "") + sorted[i].text;
  }
  if (sorted.size() > maxShown) {
    text += "\nand " + std::to_string(sorted.size() - maxShown) + " more";
  }
  return Error{ErrorKind::invalid, std::move(text)};
}

}  // namespace tidings::config
