// Recipients' profiles: read in batches, kept in a bounded cache, and forgotten the moment an app
// changes them (LISTEN/NOTIFY). When the listening session cannot prove that it is alive, the cache
// is not used: so a change is seen within a second, always.
//
// Loop thread only. start() once; co_await close() before it dies.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "policy/profile.h"
#include "runtime/loop.h"
#include "runtime/task.h"

namespace tidings::store {

struct ProfilesOptions {
  std::string url;
  std::stop_token stop = {};
  size_t cacheBytes = size_t{16} << 20;  // about 40,000 recipients with one device each
  size_t maxBatch = 200;
  Millis queryTimeout{5'000};
  Millis proofEvery{300};  // how often the session is asked to prove itself
  Millis proofLasts{650};  // how long a proof is believed
  // How often while nobody asks for profiles. The first who does then has his read, and that is a
  // proof, too.
  Millis proofEveryIdle{3'000};
  std::function<void(std::string_view what)> onTrouble = {};
};

class Profiles {
 public:
  struct Stats {
    uint64_t hits = 0, misses = 0, bypasses = 0, invalidations = 0, evictions = 0;
    uint64_t roundTrips = 0, batches = 0, sessions = 0, failures = 0;
    size_t entries = 0;
  };

  Profiles(Loop& loop, ProfilesOptions options);
  ~Profiles();
  Profiles(const Profiles&) = delete;
  Profiles& operator=(const Profiles&) = delete;

  void start();
  bool connected() const;
  // An unknown recipient has a profile too (known = false). Tried again while the database is away,
  // until `stop` (then `cancelled`).
  Task<Result<std::shared_ptr<const policy::Profile>>> get(const std::string& recipient);
  Task<void> close();
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::store
