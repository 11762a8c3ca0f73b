// Profiles in a bounded piece of memory; forgets the least recently used. Pure.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/profile.h"

namespace tidings::store {

class ProfileCache {
 public:
  // Of the entries with what it takes to find them, as far as it can be known.
  explicit ProfileCache(size_t maxBytes) : maxBytes_(maxBytes) {}

  std::optional<policy::Profile> find(std::string_view recipient);
  void put(std::string_view recipient, const policy::Profile& profile);
  bool erase(std::string_view recipient);
  void clear();
  size_t size() const { return places_.size(); }
  size_t bytes() const { return bytes_; }
  uint64_t evictions() const { return evictions_; }

 private:
  struct Entry {
    std::string text;  // the recipient, then the packed profile
    size_t recipientSize;
    std::string_view recipient() const { return std::string_view(text).substr(0, recipientSize); }
    std::string_view packed() const { return std::string_view(text).substr(recipientSize); }
  };
  using Order = std::list<Entry>;  // most recently used first

  static size_t bytesOf(const Entry& entry);

  size_t maxBytes_;
  size_t bytes_ = 0;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator> places_;  // keys live in order_
  std::string scratch_;
  uint64_t evictions_ = 0;
};

}  // namespace tidings::store
