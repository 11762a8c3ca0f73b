// FNV-1a: stable across processes and machines, for identifiers (never for secrets).
#pragma once

#include <cstdint>
#include <string_view>

namespace tidings {

constexpr uint64_t fnv1a(char c, uint64_t hash) {
  return (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

constexpr uint64_t fnv1a(std::string_view text, uint64_t hash = 0xcbf29ce484222325ULL) {
  for (const char c : text) hash = fnv1a(c, hash);
  return hash;
}

}  // namespace tidings
