// Dead letters counted by type, reason, provider and error. Pure. Bounded: errors that keep coming
// in new words are counted together in the end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "letter_info.h"

namespace tidings::cli {

struct LetterGroup {
  std::string type, reason, provider, error;
  uint64_t count = 0;
  std::optional<WallTime> oldest, newest;
};

class LetterGroups {
 public:
  explicit LetterGroups(size_t most = 10'000) : most_(most) {}
  void add(const LetterInfo& letter);
  // The largest first.
  std::vector<LetterGroup> sorted() const;
  uint64_t total() const { return total_; }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  size_t most_;
  uint64_t total_ = 0;
  std::map<Key, LetterGroup> groups_;
};

}  // namespace tidings::cli
