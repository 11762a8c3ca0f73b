#include "store/profile_cache.h"

#include "store/packed_profile.h"

namespace tidings::store {

// The nodes of the list and of the table, and the table's slot.
size_t ProfileCache::bytesOf(const Entry& entry) {
  constexpr size_t nodes = 2 * sizeof(void*) + sizeof(Entry) + 6 * sizeof(void*);
  return nodes + entry.text.capacity() + 1;
}

std::optional<policy::Profile> ProfileCache::find(std::string_view recipient) {
  const auto place = places_.find(recipient);
  if (place == places_.end()) return std::nullopt;
  order_.splice(order_.begin(), order_, place->second);
  return unpack(place->second->packed());
}

void ProfileCache::put(std::string_view recipient, const policy::Profile& profile) {
  erase(recipient);
  scratch_.assign(recipient);
  pack(profile, scratch_);
  // A copy, which is only as long as it has to be.
  order_.push_front({scratch_, recipient.size()});
  places_.emplace(order_.front().recipient(), order_.begin());
  bytes_ += bytesOf(order_.front());
  while (bytes_ > maxBytes_) {
    erase(order_.back().recipient());
    ++evictions_;
  }
}

bool ProfileCache::erase(std::string_view recipient) {
  const auto place = places_.find(recipient);
  if (place == places_.end()) return false;
  const auto entry = place->second;
  bytes_ -= bytesOf(*entry);
  places_.erase(place);
  order_.erase(entry);
  return true;
}

void ProfileCache::clear() {
  places_.clear();
  order_.clear();
  bytes_ = 0;
}

}  // namespace tidings::store
