#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "commands.h"
#include "session.h"

namespace tidings::cli {
namespace {

using nlohmann::json;
using Records = std::vector<store::DeliveryRecord>;

// Of a notification to a topic there may be millions.
constexpr size_t mostShown = 10'000;

Task<Result<Records>> ask(Session& session, const config::Config& config, std::string id) {
  Database database(session, config);
  const Status connected = co_await database.connect();
  Result<Records> records = Records{};
  if (connected.ok()) {
    store::Admin admin(database.get());
    // One more tells whether there are more.
    records = co_await admin.status(std::move(id), session.within(queryPatience), mostShown + 1);
  } else {
    records = connected.error();
  }
  co_await database.close();
  co_return records;
}

json toJson(const store::DeliveryRecord& record) {
  json timeline = json::array();
  for (const store::DeliveryEvent& event : record.timeline) {
    timeline.push_back({{"at", formatRfc3339(event.at)},
                        {"state", event.state},
                        {"reason", event.reason},
                        {"provider", event.provider},
                        {"attempt", event.attempt},
                        {"error", event.error}});
  }
  json out{{"id", record.notificationId},
           {"recipient", record.recipient},
           {"type", record.type},
           {"channel", record.channel},
           {"address", record.address},
           {"state", record.state},
           {"reason", record.reason},
           {"provider", record.provider},
           {"providerMessageId", record.providerMessageId},
           {"attempt", record.attempt},
           {"error", record.error},
           {"createdAt", formatRfc3339(record.createdAt)},
           {"updatedAt", formatRfc3339(record.updatedAt)},
           {"timeline", std::move(timeline)}};
  if (record.nextAttemptAt) out["nextAttemptAt"] = formatRfc3339(*record.nextAttemptAt);
  return out;
}

Colour colourOf(const std::string& state) {
  if (state == "dead" || state == "bounced" || state == "complained") return Colour::red;
  if (state == "sent" || state == "delivered" || state == "opened" || state == "clicked") {
    return Colour::green;
  }
  return Colour::yellow;
}

std::string about(const Console& console, const std::string& reason, const std::string& provider,
                  const std::string& error) {
  std::string text;
  if (!reason.empty()) text += " (" + console.text(reason) + ")";
  if (!provider.empty()) text += " by " + console.text(provider);
  if (!error.empty()) text += ": " + console.text(error);
  return text;
}

void print(const Console& console, const store::DeliveryRecord& record) {
  console.out << console.coloured(Colour::bold, console.text(record.recipient) + " " +
                                                    console.text(record.channel) + " " +
                                                    console.text(record.address))
              << "  " << console.coloured(colourOf(record.state), record.state);
  if (record.nextAttemptAt)
    console.out << ", next attempt " << formatRfc3339(*record.nextAttemptAt);
  if (!record.providerMessageId.empty()) {
    console.out << ", message id " << console.text(record.providerMessageId);
  }
  console.out << '\n';
  for (const store::DeliveryEvent& event : record.timeline) {
    console.out << "  " << console.coloured(Colour::dim, formatRfc3339(event.at)) << "  "
                << event.state << about(console, event.reason, event.provider, event.error);
    if (event.attempt > 0) console.out << ", attempt " << event.attempt;
    console.out << '\n';
  }
}

void print(const Console& console, const std::string& id, const Records& records, bool truncated) {
  if (console.json) {
    json all = json::array();
    for (const auto& record : records) all.push_back(toJson(record));
    const json result{{"id", id}, {"deliveries", std::move(all)}, {"truncated", truncated}};
    console.out << result.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  } else {
    for (const auto& record : records) print(console, record);
  }
  if (truncated) {
    console.note("there are more than these " + std::to_string(mostShown) +
                 " deliveries: the view tidings.deliveries has all");
  }
}

}  // namespace

ExitCode status(const Environment& env, const std::string& id) {
  const auto config = loadConfig(env);
  if (!config.ok()) return refuse(env, config.error());
  Session session(env.clock);
  auto records = session.loop().run(ask(session, *config, id));
  if (!records.ok()) return fail(env, records.error());
  const bool truncated = records->size() > mostShown;
  if (truncated) records->resize(mostShown);
  print(env.console, id, *records, truncated);
  if (!records->empty()) return ExitCode::ok;
  env.console.error("nothing is known of " + env.console.text(id) +
                    ": not received yet, or longer ago than the log keeps");
  return ExitCode::failed;
}

}  // namespace tidings::cli
