// A bounded map of profiles that forgets the least recently used. Pure.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/profile.h"

namespace tidings::store {

class ProfileCache {
 public:
  using Entry = std::shared_ptr<const policy::Profile>;

  explicit ProfileCache(size_t maxEntries) : maxEntries_(maxEntries) {}

  Entry find(std::string_view recipient);  // null when absent
  void put(const std::string& recipient, Entry profile);
  bool erase(std::string_view recipient);
  void clear();
  size_t size() const { return places_.size(); }
  uint64_t evictions() const { return evictions_; }

 private:
  using Order = std::list<std::pair<std::string, Entry>>;  // most recently used first

  size_t maxEntries_;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator> places_;  // keys live in order_
  uint64_t evictions_ = 0;
};

}  // namespace tidings::store
