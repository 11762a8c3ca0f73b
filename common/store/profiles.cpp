#include "store/profiles.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/random.h"
#include "pg/connection.h"
#include "runtime/batcher.h"
#include "runtime/loop_sleep.h"
#include "store/profile_cache.h"

namespace tidings::store {
namespace {

using Shared = std::shared_ptr<const policy::Profile>;
using ReadBatcher = Batcher<std::string, Shared>;

constexpr Millis firstRetry{20};
constexpr Millis lastRetry{1'000};

// Row kinds: r(ecipient), a(ddress), p(reference).
constexpr std::string_view readSql =
    "with wanted as (select u.id, u.place from unnest($1::text[]) with ordinality u (id, place)) "
    "select w.place, 'r', r.locale, r.time_zone, r.muted "
    "from wanted w join tidings.recipients r on r.id = w.id "
    "union all select w.place, 'a', a.channel, a.address, true "
    "from wanted w join tidings.addresses a on a.recipient = w.id where a.active "
    "union all select w.place, 'p', p.scope, p.channel, p.enabled "
    "from wanted w join tidings.preferences p on p.recipient = w.id";

std::optional<std::string> optionalText(const pg::Rows& rows, int row, int column) {
  if (rows.isNull(row, column)) return std::nullopt;
  return std::string(rows.text(row, column));
}

std::vector<policy::Profile> decodeProfiles(const pg::Rows& rows, size_t count) {
  std::vector<policy::Profile> profiles(count);
  for (int row = 0; row < rows.size(); ++row) {
    policy::Profile& profile = profiles[static_cast<size_t>(rows.integer(row, 0)) - 1];
    profile.known = true;
    const char kind = rows.text(row, 1).front();
    if (kind == 'a') {
      profile.addresses.push_back({std::string(rows.text(row, 2)), std::string(rows.text(row, 3))});
    } else if (kind == 'p') {
      profile.preferences.push_back(
          {std::string(rows.text(row, 2)), std::string(rows.text(row, 3)), rows.boolean(row, 4)});
    } else {
      profile.locale = optionalText(rows, row, 2);
      profile.timeZone = optionalText(rows, row, 3);
      profile.muted = rows.boolean(row, 4);
    }
  }
  return profiles;
}

}  // namespace

struct Profiles::Impl {
  Impl(Loop& l, ProfilesOptions o)
      : loop(l),
        options(std::move(o)),
        cache(options.cacheBytes),
        session(loop, sessionOptions()),
        reads(loop, {.maxItems = options.maxBatch, .maxOut = 1, .retryAfter = retry()},
              [this](const auto& batch) { return read(*this, batch); }) {}

  pg::ConnectionOptions sessionOptions() {
    pg::ConnectionOptions made;
    made.url = options.url;
    made.purpose = "profiles";
    // Planning anew for each batch costs as much as reading it, and a large one may look as if it
    // were worth reading a whole table.
    made.greeting = {{"listen tidings_profiles", {}},
                     {"set plan_cache_mode = force_generic_plan", {}}};
    made.onNotify = [this](std::string_view, std::string_view recipient) { forget(recipient); };
    made.onChange = [this](bool up, std::string_view why) {
      // What changed between two sessions, nobody told us.
      cache.clear();
      provedAt.reset();
      if (!up && options.onTrouble) options.onTrouble("profiles: no session: " + std::string(why));
    };
    return made;
  }

  std::function<std::optional<Millis>(const Error&, int)> retry() {
    return [this](const Error& error, int failures) -> std::optional<Millis> {
      if (options.stop.stop_requested() || error.kind == ErrorKind::invalid) return std::nullopt;
      if (options.onTrouble) options.onTrouble("profiles: reading again: " + error.message);
      const Millis cap = std::min(lastRetry, firstRetry * (1 << std::min(failures, 10)));
      return random.between(cap / 2, cap);
    };
  }

  // The cache is as good as the last moment at which the session is known to have been alive: an
  // answer proves that notifications came through up to the sending of its question.
  bool cacheIsFresh() const {
    return provedAt && session.connected() && loop.clock().mono() - *provedAt <= options.proofLasts;
  }

  void forget(std::string_view recipient) {
    ++stats.invalidations;
    if (recipient.empty()) {
      cache.clear();
      for (auto& [id, changed] : reading) changed = true;
      return;
    }
    cache.erase(recipient);
    if (const auto it = reading.find(std::string(recipient)); it != reading.end()) {
      it->second = true;
    }
  }

  Task<Result<pg::Rows>> ask(std::string_view sql, const pg::Params& params) {
    const MonoTime sentAt = loop.clock().mono();
    const uint64_t before = session.stats().sessions;
    auto rows =
        co_await session.query(sql, params, Deadline::after(loop.clock(), options.queryTimeout));
    if (rows.ok() && session.stats().sessions == before) provedAt = sentAt;
    co_return rows;
  }

  static Task<ReadBatcher::Answers> read(Impl& self, const std::vector<std::string>& batch);
  static Task<void> proveLife(Impl& self);

  Loop& loop;
  ProfilesOptions options;
  Random random;
  Stats stats;
  ProfileCache cache;
  std::optional<MonoTime> provedAt;
  bool asked = false;                             // for a profile, since the last look at the proof
  std::unordered_map<std::string, bool> reading;  // what is being read → changed meanwhile
  pg::Connection session;
  ReadBatcher reads;
  std::optional<std::stop_callback<std::function<void()>>> onStop;
  std::stop_source closing;
  Scope scope;
};

Task<ReadBatcher::Answers> Profiles::Impl::read(Impl& self, const std::vector<std::string>& batch) {
  pg::TextArray ids(batch.size() * 24);
  for (const std::string& id : batch) ids.add(id);
  pg::Params params;
  params.array(std::move(ids));
  self.reading.clear();
  for (const std::string& id : batch) self.reading.emplace(id, false);
  auto rows = co_await self.ask(readSql, params);
  if (!rows.ok()) co_return std::move(rows).error();
  ++self.stats.batches;
  auto profiles = decodeProfiles(*rows, batch.size());
  std::vector<Result<Shared>> answers;
  answers.reserve(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    Shared profile = std::make_shared<const policy::Profile>(std::move(profiles[i]));
    if (!self.reading[batch[i]]) self.cache.put(batch[i], *profile);
    answers.emplace_back(std::move(profile));
  }
  self.reading.clear();
  co_return answers;
}

Task<void> Profiles::Impl::proveLife(Impl& self) {
  const std::stop_token stop = self.closing.get_token();
  const pg::Params none;
  Millis every = self.options.proofEvery;
  while (co_await sleepFor(self.loop, every, stop)) {
    every =
        std::exchange(self.asked, false) ? self.options.proofEvery : self.options.proofEveryIdle;
    const MonoTime now = self.loop.clock().mono();
    const bool recent = self.provedAt && now - *self.provedAt < self.options.proofEvery;
    if (!self.session.connected() || recent) continue;
    const auto proof = co_await self.ask("select 1", none);  // failing, it ends the session
    (void)proof.ok();
  }
}

Profiles::Profiles(Loop& loop, ProfilesOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
Profiles::~Profiles() = default;

void Profiles::start() {
  impl_->session.start();
  impl_->scope.spawn(Impl::proveLife(*impl_));
  impl_->onStop.emplace(impl_->options.stop, [impl = impl_.get()] { impl->session.stop(); });
}

bool Profiles::connected() const { return impl_->session.connected(); }

Task<Result<Shared>> Profiles::get(const std::string& recipient) {
  using Answer = Result<Shared>;
  if (!pg::fitsText(recipient)) {
    return answered<Answer>(
        Error{ErrorKind::invalid, "a recipient with a NUL byte can't be stored"});
  }
  impl_->asked = true;
  if (impl_->cacheIsFresh()) {
    if (auto known = impl_->cache.find(recipient)) {
      ++impl_->stats.hits;
      return answered<Answer>(std::make_shared<const policy::Profile>(std::move(*known)));
    }
    ++impl_->stats.misses;
  } else {
    ++impl_->stats.bypasses;
  }
  return impl_->reads.submit(recipient);
}

Task<void> Profiles::close() {
  impl_->closing.request_stop();
  co_await impl_->reads.join();
  impl_->onStop.reset();
  impl_->session.stop();
  co_await impl_->scope.join();
  co_await impl_->session.close();
}

Profiles::Stats Profiles::stats() const {
  Stats all = impl_->stats;
  all.evictions = impl_->cache.evictions();
  all.entries = impl_->cache.size();
  all.roundTrips = impl_->session.stats().roundTrips;
  all.sessions = impl_->session.stats().sessions;
  all.failures = impl_->session.stats().failures;
  return all;
}

}  // namespace tidings::store
