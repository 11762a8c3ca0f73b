// The record of messages that were delivered before, until their claim (common/store/tries.h), in
// memory.
#pragma once

#include <map>
#include <set>

#include "store/tries.h"

namespace tidings::delivery {

class TriesModel {
 public:
  void die(int owner) { gone_.insert(owner); }
  store::TryVerdict begin(int owner, store::Try attempt);
  void end(int owner, int64_t hash);

 private:
  struct Record {
    int deaths = 0;
    int owner = 0;
  };
  std::map<int64_t, Record> records_;
  std::set<int> gone_;
};

}  // namespace tidings::delivery
