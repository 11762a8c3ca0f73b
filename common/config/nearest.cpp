#include "config/nearest.h"

#include <algorithm>

namespace tidings::config {

size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& names) {
  constexpr size_t longestName = 64;
  if (names.empty()) return "";
  if (wrong.size() <= longestName) {
    const auto best = std::min_element(names.begin(), names.end(), [&](auto& a, auto& b) {
      return editDistance(wrong, a) < editDistance(wrong, b);
    });
    const size_t close = std::max<size_t>(1, std::min(wrong.size(), best->size()) / 3);
    if (editDistance(wrong, *best) <= close) return "; did you mean " + *best + "?";
  }
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return "; known: " + list;
}

}  // namespace tidings::config
