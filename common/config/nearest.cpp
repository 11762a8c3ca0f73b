#include "config/nearest.h"

#include <algorithm>
#include <numeric>

namespace tidings::config {

size_t editDistance(std::string_view a, std::string_view b) {
  // Of the table of costs the row that is filled and the two before it.
  std::vector<size_t> row(b.size() + 1), last(row), beforeLast(row);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    beforeLast.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], beforeLast[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& names) {
  constexpr size_t longestName = 64;
  if (names.empty()) return "";
  if (wrong.size() <= longestName) {
    std::vector<size_t> distances;
    for (const auto& name : names) distances.push_back(editDistance(wrong, name));
    const auto least = std::min_element(distances.begin(), distances.end());
    const std::string& best = names[least - distances.begin()];
    const size_t close = std::max<size_t>(1, std::min(wrong.size(), best.size()) / 3);
    if (*least <= close) return "; did you mean " + best + "?";
  }
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return "; known: " + list;
}

}  // namespace tidings::config
