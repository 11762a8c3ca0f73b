#include "letter_groups.h"

#include <algorithm>

namespace tidings::cli {

void LetterGroups::add(const LetterInfo& letter) {
  ++total_;
  Key key{letter.type, letter.reason, letter.provider, letter.error};
  if (groups_.size() >= most_ && !groups_.contains(key)) std::get<3>(key) = "(other errors)";
  LetterGroup& group = groups_[key];
  std::tie(group.type, group.reason, group.provider, group.error) = key;
  ++group.count;
  if (!letter.deadAt) return;
  group.oldest = group.oldest ? std::min(*group.oldest, *letter.deadAt) : *letter.deadAt;
  group.newest = group.newest ? std::max(*group.newest, *letter.deadAt) : *letter.deadAt;
}

std::vector<LetterGroup> LetterGroups::sorted() const {
  std::vector<LetterGroup> all;
  for (const auto& [key, group] : groups_) all.push_back(group);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  return all;
}

}  // namespace tidings::cli
