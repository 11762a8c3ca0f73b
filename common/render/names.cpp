#include "render/names.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

namespace tidings::render {
namespace {

char folded(char c) {
  if (c == '_') return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isLetter(char c) { return folded(c) >= 'a' && folded(c) <= 'z'; }
bool isAlphanumeric(char c) { return isLetter(c) || (c >= '0' && c <= '9'); }

// Calls f with each piece between separators until it answers false.
template <class F>
bool eachPiece(std::string_view text, char separator, F&& f) {
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    if (!f(text.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

bool isPartialName(std::string_view name) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\\'; };
  if (name.size() > 255 || std::any_of(name.begin(), name.end(), bad)) return false;
  return eachPiece(name, '/', [](std::string_view step) {
    return !step.empty() && step != "." && step != "..";
  });
}

bool isLocale(std::string_view name) {
  bool first = true;
  return eachPiece(name, '-', [&](std::string_view piece) {
    const bool language = std::exchange(first, false);
    if (language) {
      return (piece.size() == 2 || piece.size() == 3) &&
             std::all_of(piece.begin(), piece.end(), isLetter);
    }
    return piece.size() >= 2 && piece.size() <= 8 &&
           std::all_of(piece.begin(), piece.end(), isAlphanumeric);
  });
}

bool covers(std::string_view general, std::string_view wanted) {
  if (general.empty()) return true;
  if (general.size() > wanted.size()) return false;
  for (size_t i = 0; i < general.size(); ++i) {
    if (folded(general[i]) != folded(wanted[i])) return false;
  }
  return general.size() == wanted.size() || !isAlphanumeric(wanted[general.size()]);
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  std::string_view best;
  size_t distance = std::max<size_t>(2, name.size() / 2) + 1;
  for (const std::string_view candidate : known) {
    const size_t edits = editDistance(name.substr(0, 64), candidate.substr(0, 64));
    if (edits < distance) std::tie(best, distance) = std::pair(candidate, edits);
  }
  return best;
}

}  // namespace tidings::render
