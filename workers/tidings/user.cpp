#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "commands.h"
#include "known_names.h"
#include "session.h"

namespace tidings::cli {
namespace {

using nlohmann::json;

// Connects, runs one query of Admin, disconnects.
template <class R>
using Query = Task<Result<R>> (*)(store::Admin&, const std::string& id,
                                  const store::UserChange& change, Deadline deadline);

template <class R>
Task<Result<R>> ask(Session& session, const config::Config& config, const std::string& id,
                    const store::UserChange& change, Query<R> query) {
  Database database(session, config);
  const Status connected = co_await database.connect();
  Result<R> result = Error{ErrorKind::unreachable, ""};
  if (connected.ok()) {
    store::Admin admin(database.get());
    result = co_await query(admin, id, change, session.within(queryPatience));
  } else {
    result = connected.error();
  }
  co_await database.close();
  co_return result;
}

json toJson(const std::string& id, const store::User& user) {
  json out{{"id", id}, {"known", user.known}, {"muted", user.muted}, {"topics", user.topics}};
  if (user.locale) out["locale"] = *user.locale;
  if (user.timeZone) out["timeZone"] = *user.timeZone;
  out["addresses"] = json::array();
  for (const auto& address : user.addresses) {
    json one{
        {"channel", address.channel}, {"address", address.address}, {"active", address.active}};
    if (address.registeredAt) one["registeredAt"] = formatRfc3339(*address.registeredAt);
    if (address.deactivatedAt) one["deactivatedAt"] = formatRfc3339(*address.deactivatedAt);
    if (!address.active) one["deactivatedReason"] = address.deactivatedReason;
    out["addresses"].push_back(std::move(one));
  }
  out["preferences"] = json::array();
  for (const auto& one : user.preferences) {
    out["preferences"].push_back(
        {{"scope", one.scope}, {"channel", one.channel}, {"enabled", one.enabled}});
  }
  return out;
}

void print(const Console& console, const std::string& id, const store::User& user) {
  console.out << console.coloured(Colour::bold, console.text(id)) << "  locale "
              << console.text(user.locale.value_or("-")) << ", time zone "
              << console.text(user.timeZone.value_or("-")) << (user.muted ? ", muted" : "") << '\n';
  for (const auto& address : user.addresses) {
    console.out << "  " << console.text(address.channel) << "  " << console.text(address.address);
    if (!address.active) {
      console.out << "  inactive: " << console.text(address.deactivatedReason);
    }
    console.out << '\n';
  }
  for (const auto& one : user.preferences) {
    console.out << "  " << (one.enabled ? "wants " : "refuses ") << console.text(one.scope)
                << " by " << console.text(one.channel) << '\n';
  }
  for (const auto& topic : user.topics) console.out << "  topic " << console.text(topic) << '\n';
}

}  // namespace

ExitCode showUser(const Environment& env, const std::string& id) {
  const auto config = loadConfig(env);
  if (!config.ok()) return refuse(env, config.error());
  Session session(env.clock);
  const store::UserChange none;
  const auto user = session.loop().run(
      ask<store::User>(session, *config, id, none,
                       [](store::Admin& admin, const std::string& who, const store::UserChange&,
                          Deadline deadline) { return admin.showUser(who, deadline); }));
  if (!user.ok()) return fail(env, user.error());
  if (env.console.json) {
    env.console.out << toJson(id, *user).dump(-1, ' ', false, json::error_handler_t::replace)
                    << '\n';
  } else if (user->known) {
    print(env.console, id, *user);
  }
  if (user->known) return ExitCode::ok;
  env.console.error("nothing is known of the recipient " + env.console.text(id));
  return ExitCode::failed;
}

ExitCode setUser(const Environment& env, const std::string& id, const store::UserChange& change) {
  const auto config = loadConfig(env);
  if (!config.ok()) return refuse(env, config.error());
  if (const Status known = checkNames(change, *config); !known.ok()) {
    return refuse(env, known.error());
  }
  Session session(env.clock);
  const auto set = session.loop().run(
      ask<Unit>(session, *config, id, change,
                [](store::Admin& admin, const std::string& who, const store::UserChange& what,
                   Deadline deadline) { return admin.setUser(who, what, deadline); }));
  if (!set.ok()) return fail(env, set.error());
  return showUser(env, id);
}

ExitCode forgetUser(const Environment& env, const std::string& id, bool yes) {
  const auto config = loadConfig(env);
  if (!config.ok()) return refuse(env, config.error());
  if (!yes && !env.console.inTerminal) {
    return refuse(env, {ErrorKind::invalid, "forget needs --yes where nobody can be asked"});
  }
  if (!yes && !env.console.confirm("Erase everything about " + env.console.text(id) +
                                   "? It can't be brought back.")) {
    return ExitCode::failed;
  }
  Session session(env.clock);
  const store::UserChange none;
  const auto gone = session.loop().run(ask<store::Forgotten>(
      session, *config, id, none,
      [](store::Admin& admin, const std::string& who, const store::UserChange&, Deadline deadline) {
        return admin.forgetUser(who, deadline);
      }));
  if (!gone.ok()) return fail(env, gone.error());
  if (env.console.json) {
    const json result{{"id", id},
                      {"addresses", gone->addresses},
                      {"preferences", gone->preferences},
                      {"subscriptions", gone->subscriptions},
                      {"deliveries", gone->deliveries}};
    env.console.out << result.dump() << '\n';
  } else {
    env.console.out << "erased " << gone->addresses << " addresses, " << gone->preferences
                    << " preferences, " << gone->subscriptions << " subscriptions, "
                    << gone->deliveries << " deliveries\n";
  }
  return ExitCode::ok;
}

}  // namespace tidings::cli
