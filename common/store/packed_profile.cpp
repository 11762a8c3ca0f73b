#include "store/packed_profile.h"

#include <cassert>
#include <optional>

namespace tidings::store {
namespace {

enum Flag : unsigned char { known = 1, muted = 2, hasLocale = 4, hasTimeZone = 8 };

// Seven bits a byte, the lowest first; the eighth says that more follow.
void putNumber(size_t number, std::string& to) {
  for (; number >= 0x80; number >>= 7) to += static_cast<char>((number & 0x7f) | 0x80);
  to += static_cast<char>(number);
}

void putText(std::string_view text, std::string& to) {
  putNumber(text.size(), to);
  to += text;
}

class Reader {
 public:
  explicit Reader(std::string_view packed) : left_(packed) {}

  unsigned char byte() {
    assert(!left_.empty());
    const char first = left_.front();
    left_.remove_prefix(1);
    return static_cast<unsigned char>(first);
  }

  size_t number() {
    size_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
      const unsigned char next = byte();
      number |= static_cast<size_t>(next & 0x7f) << shift;
      if ((next & 0x80) == 0) return number;
    }
  }

  std::string text() {
    const size_t size = number();
    assert(size <= left_.size());
    std::string text(left_.substr(0, size));
    left_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view left_;
};

}  // namespace

void pack(const policy::Profile& profile, std::string& to) {
  to += static_cast<char>((profile.known ? known : 0) | (profile.muted ? muted : 0) |
                          (profile.locale ? hasLocale : 0) | (profile.timeZone ? hasTimeZone : 0));
  if (profile.locale) putText(*profile.locale, to);
  if (profile.timeZone) putText(*profile.timeZone, to);
  putNumber(profile.addresses.size(), to);
  for (const auto& address : profile.addresses) {
    putText(address.channel, to);
    putText(address.address, to);
  }
  putNumber(profile.preferences.size(), to);
  for (const auto& preference : profile.preferences) {
    putText(preference.scope, to);
    putText(preference.channel, to);
    to += preference.enabled ? '\1' : '\0';
  }
}

policy::Profile unpack(std::string_view packed) {
  Reader reader(packed);
  policy::Profile profile;
  const unsigned char flags = reader.byte();
  profile.known = (flags & known) != 0;
  profile.muted = (flags & muted) != 0;
  if ((flags & hasLocale) != 0) profile.locale = reader.text();
  if ((flags & hasTimeZone) != 0) profile.timeZone = reader.text();
  profile.addresses.resize(reader.number());
  for (auto& address : profile.addresses) {
    address.channel = reader.text();
    address.address = reader.text();
  }
  profile.preferences.resize(reader.number());
  for (auto& preference : profile.preferences) {
    preference.scope = reader.text();
    preference.channel = reader.text();
    preference.enabled = reader.byte() != 0;
  }
  return profile;
}

}  // namespace tidings::store
