// What an operator wants to know of a dead letter, and which ones are meant. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "queue/dead_letters.h"

namespace tidings::cli {

struct LetterInfo {
  std::string type;  // of the queue
  std::string id;    // of the body, else of the properties
  std::vector<std::string> recipients;
  std::string topic;
  std::string reason;
  std::string channel;
  std::string provider;
  std::string error;
  std::optional<WallTime> deadAt;
  std::optional<int64_t> lostBytes;  // the body was too large to keep: its true size

  // False when it isn't known.
  bool diedSince(WallTime time) const { return deadAt && *deadAt >= time; }
};

// Letters of the broker's own safety net carry its reason ("delivery_limit", "rejected", …).
LetterInfo describe(const std::string& type, const queue::DeadLetter& letter);

// Empty sets mean any.
struct LetterFilter {
  using Names = std::set<std::string, std::less<>>;
  Names types, reasons, channels, providers, ids, recipients;
  std::optional<WallTime> since, until;
  uint64_t limit = 0;  // letters; 0 = all

  bool matches(const LetterInfo& letter) const;
};

}  // namespace tidings::cli
