#include "store/profile_cache.h"

namespace tidings::store {

ProfileCache::Entry ProfileCache::find(std::string_view recipient) {
  const auto place = places_.find(recipient);
  if (place == places_.end()) return nullptr;
  order_.splice(order_.begin(), order_, place->second);
  return place->second->second;
}

void ProfileCache::put(const std::string& recipient, Entry profile) {
  erase(recipient);
  if (maxEntries_ == 0) return;
  order_.emplace_front(recipient, std::move(profile));
  places_.emplace(order_.front().first, order_.begin());
  if (places_.size() <= maxEntries_) return;
  places_.erase(order_.back().first);
  order_.pop_back();
  ++evictions_;
}

bool ProfileCache::erase(std::string_view recipient) {
  const auto place = places_.find(recipient);
  if (place == places_.end()) return false;
  const auto entry = place->second;
  places_.erase(place);
  order_.erase(entry);
  return true;
}

void ProfileCache::clear() {
  places_.clear();
  order_.clear();
}

}  // namespace tidings::store
