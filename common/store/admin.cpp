#include "store/admin.h"

#include <array>
#include <map>

namespace tidings::store {
namespace {

constexpr std::string_view statusSql =
    "select d.notification_id, d.recipient, d.type, d.channel, d.address, d.state, d.reason, "
    "d.provider, d.provider_message_id, d.error, d.attempt, "
    "floor(extract(epoch from d.created_at) * 1000)::bigint, "
    "floor(extract(epoch from d.updated_at) * 1000)::bigint, "
    "floor(extract(epoch from d.next_attempt_at) * 1000)::bigint "
    "from tidings.deliveries d where d.notification_id = $1 "
    "order by d.recipient, d.channel, d.address, d.created_at limit $2";

constexpr std::string_view eventsSql =
    "select e.recipient, e.channel, e.address, "
    "floor(extract(epoch from e.at) * 1000)::bigint, e.state, e.reason, e.provider, e.error, "
    "e.attempt from tidings.delivery_events e where e.notification_id = $1 "
    "order by e.recipient, e.channel, e.address, e.at limit $2::bigint * 50";

constexpr std::string_view userSql =
    "select locale, time_zone, muted from tidings.recipients where id = $1";
constexpr std::string_view addressesSql =
    "select channel, address, active, floor(extract(epoch from registered_at) * 1000)::bigint, "
    "floor(extract(epoch from deactivated_at) * 1000)::bigint, deactivated_reason "
    "from tidings.addresses where recipient = $1 order by channel, address";
constexpr std::string_view preferencesSql =
    "select scope, channel, enabled from tidings.preferences where recipient = $1 "
    "order by scope, channel";
constexpr std::string_view topicsSql =
    "select topic from tidings.subscriptions where recipient = $1 order by topic limit 1000";
constexpr std::string_view setSql =
    "select tidings.set_user($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
constexpr std::string_view forgetSql =
    "select addresses, preferences, subscriptions, deliveries from tidings.forget_user($1)";
constexpr std::string_view subscribersSql =
    "select recipient from tidings.subscriptions where topic = $1 and recipient > $2 "
    "order by recipient limit $3";
constexpr std::string_view countsSql =
    "select type, channel, state, coalesce(reason, ''), count(*) from tidings.log "
    "where day >= ((timestamptz 'epoch' + $1::bigint * interval '1 ms') at time zone 'UTC')::date "
    "and created_at >= timestamptz 'epoch' + $1::bigint * interval '1 ms' "
    "group by 1, 2, 3, 4 order by 1, 2, 3, 4";

std::string copy(const pg::Rows& rows, int row, int column) {
  return std::string(rows.text(row, column));
}

std::optional<std::string> optionalText(const pg::Rows& rows, int row, int column) {
  if (rows.isNull(row, column)) return std::nullopt;
  return copy(rows, row, column);
}

WallTime timeAt(const pg::Rows& rows, int row, int column) {
  return WallTime{Millis{rows.integer(row, column)}};
}

std::optional<WallTime> optionalTime(const pg::Rows& rows, int row, int column) {
  if (rows.isNull(row, column)) return std::nullopt;
  return timeAt(rows, row, column);
}

DeliveryRecord recordAt(const pg::Rows& rows, int row) {
  DeliveryRecord record;
  std::string* const texts[] = {
      &record.notificationId,    &record.recipient, &record.type,   &record.channel,
      &record.address,           &record.state,     &record.reason, &record.provider,
      &record.providerMessageId, &record.error};
  for (int column = 0; column < 10; ++column) *texts[column] = copy(rows, row, column);
  record.attempt = static_cast<int>(rows.integer(row, 10));
  record.createdAt = timeAt(rows, row, 11);
  record.updatedAt = timeAt(rows, row, 12);
  record.nextAttemptAt = optionalTime(rows, row, 13);
  return record;
}

using Key = std::array<std::string, 3>;  // recipient, channel, address

std::map<Key, std::vector<DeliveryEvent>> timelines(const pg::Rows& rows) {
  std::map<Key, std::vector<DeliveryEvent>> all;
  for (int row = 0; row < rows.size(); ++row) {
    Key key{copy(rows, row, 0), copy(rows, row, 1), copy(rows, row, 2)};
    DeliveryEvent event;
    event.at = timeAt(rows, row, 3);
    event.state = copy(rows, row, 4);
    event.reason = copy(rows, row, 5);
    event.provider = copy(rows, row, 6);
    event.error = copy(rows, row, 7);
    event.attempt = static_cast<int>(rows.integer(row, 8));
    all[std::move(key)].push_back(std::move(event));
  }
  return all;
}

std::string arrayOf(const std::vector<std::string>& texts) {
  pg::ArrayText array;
  for (const std::string& text : texts) array.add(text);
  return std::move(array).take();
}

void addTargets(pg::Params& params, const std::vector<notification::Target>& targets) {
  pg::ArrayText channels, addresses;
  for (const auto& target : targets) {
    channels.add(target.channel);
    addresses.add(target.address);
  }
  params.text(std::move(channels).take()).text(std::move(addresses).take());
}

pg::Params encode(std::string recipient, const UserChange& change) {
  pg::Params params;
  params.text(std::move(recipient)).text(change.locale).text(change.timeZone);
  change.muted ? params.boolean(*change.muted) : params.null();
  addTargets(params, change.addAddresses);
  addTargets(params, change.removeAddresses);
  pg::ArrayText scopes, channels, enabled;
  for (const auto& preference : change.setPreferences) {
    scopes.add(preference.scope);
    channels.add(preference.channel);
    enabled.add(preference.enabled ? "t" : "f");
  }
  params.text(std::move(scopes).take()).text(std::move(channels).take());
  params.text(std::move(enabled).take());
  params.text(arrayOf(change.subscribe)).text(arrayOf(change.unsubscribe));
  return params;
}

bool fitsDatabase(const pg::Params& params) {
  for (const auto& value : params.values()) {
    if (value.bytes && !pg::fitsText(*value.bytes)) return false;
  }
  return true;
}

}  // namespace

Task<Result<std::vector<DeliveryRecord>>> Admin::status(std::string notificationId,
                                                        Deadline deadline, int limit) {
  pg::Params params;
  params.text(std::move(notificationId)).integer(limit);
  if (!fitsDatabase(params)) co_return std::vector<DeliveryRecord>{};
  auto rows = co_await connection_.query(statusSql, params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  auto events = co_await connection_.query(eventsSql, params, deadline);
  if (!events.ok()) co_return std::move(events).error();
  auto byKey = timelines(*events);
  std::vector<DeliveryRecord> records;
  records.reserve(static_cast<size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) {
    DeliveryRecord record = recordAt(*rows, row);
    const Key key{record.recipient, record.channel, record.address};
    record.timeline = std::move(byKey[key]);
    records.push_back(std::move(record));
  }
  co_return records;
}

Task<Result<User>> Admin::showUser(std::string recipient, Deadline deadline) {
  pg::Params params;
  params.text(std::move(recipient));
  User user;
  if (!fitsDatabase(params)) co_return user;
  auto self = co_await connection_.query(userSql, params, deadline);
  if (!self.ok()) co_return std::move(self).error();
  auto addresses = co_await connection_.query(addressesSql, params, deadline);
  if (!addresses.ok()) co_return std::move(addresses).error();
  auto preferences = co_await connection_.query(preferencesSql, params, deadline);
  if (!preferences.ok()) co_return std::move(preferences).error();
  auto topics = co_await connection_.query(topicsSql, params, deadline);
  if (!topics.ok()) co_return std::move(topics).error();
  user.known = !self->empty() || !addresses->empty() || !preferences->empty() || !topics->empty();
  if (!self->empty()) {
    user.locale = optionalText(*self, 0, 0);
    user.timeZone = optionalText(*self, 0, 1);
    user.muted = self->boolean(0, 2);
  }
  for (int row = 0; row < addresses->size(); ++row) {
    user.addresses.push_back({copy(*addresses, row, 0), copy(*addresses, row, 1),
                              addresses->boolean(row, 2), optionalTime(*addresses, row, 3),
                              optionalTime(*addresses, row, 4), copy(*addresses, row, 5)});
  }
  for (int row = 0; row < preferences->size(); ++row) {
    user.preferences.push_back(
        {copy(*preferences, row, 0), copy(*preferences, row, 1), preferences->boolean(row, 2)});
  }
  for (int row = 0; row < topics->size(); ++row) user.topics.push_back(copy(*topics, row, 0));
  co_return user;
}

Task<Status> Admin::setUser(std::string recipient, UserChange change, Deadline deadline) {
  const pg::Params params = encode(std::move(recipient), change);
  if (!fitsDatabase(params)) {
    co_return Error{ErrorKind::invalid, "a text with a NUL byte can't be stored"};
  }
  auto rows = co_await connection_.query(setSql, params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  co_return done;
}

Task<Result<Forgotten>> Admin::forgetUser(std::string recipient, Deadline deadline) {
  pg::Params params;
  params.text(std::move(recipient));
  if (!fitsDatabase(params)) co_return Forgotten{};
  auto rows = co_await connection_.query(forgetSql, params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  co_return Forgotten{rows->integer(0, 0), rows->integer(0, 1), rows->integer(0, 2),
                      rows->integer(0, 3)};
}

Task<Result<std::vector<std::string>>> Admin::subscribers(std::string topic, std::string after,
                                                          int limit, Deadline deadline) {
  pg::Params params;
  params.text(std::move(topic)).text(std::move(after)).integer(limit);
  if (!fitsDatabase(params)) co_return std::vector<std::string>{};
  auto rows = co_await connection_.query(subscribersSql, params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  std::vector<std::string> page;
  page.reserve(static_cast<size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) page.push_back(copy(*rows, row, 0));
  co_return page;
}

Task<Result<std::vector<StateCount>>> Admin::counts(WallTime since, Deadline deadline) {
  pg::Params params;
  params.integer(since.time_since_epoch().count());
  auto rows = co_await connection_.query(countsSql, params, deadline);
  if (!rows.ok()) co_return std::move(rows).error();
  std::vector<StateCount> counts;
  for (int row = 0; row < rows->size(); ++row) {
    counts.push_back({copy(*rows, row, 0), copy(*rows, row, 1), copy(*rows, row, 2),
                      copy(*rows, row, 3), rows->integer(row, 4)});
  }
  co_return counts;
}

}  // namespace tidings::store
