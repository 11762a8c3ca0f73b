// FNV-1a: stable across processes and machines, for identifiers (never for secrets).
#pragma once

#include <cstdint>
#include <string_view>

namespace tidings {

constexpr uint64_t fnv1a(std::string_view text, uint64_t hash = 0xcbf29ce484222325ULL) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace tidings
