#include <nlohmann/json.hpp>

#include "commands.h"
#include "queue/topology.h"
#include "runtime/loop_sleep.h"
#include "session.h"
#include "store/migrations.h"
#include "store/partitions.h"

namespace tidings::cli {
namespace {

constexpr Millis patience{60'000};
constexpr Millis brokerStarts{10'000};
constexpr Millis askAgain{500};

struct Done {
  store::Migrated schema;
  store::PartitionChanges partitions;
  size_t types = 0;
};

Task<Result<Done>> setUpDatabase(Session& session, const config::Config& config, Done so) {
  Database database(session, config);
  Status connected = co_await database.connect();
  Result<Done> result = so;
  if (connected.ok()) {
    const Deadline deadline = session.within(patience);
    const auto migrated = co_await store::migrate(database.get(), deadline);
    if (migrated.ok()) {
      so.schema = *migrated;
      const auto partitions =
          co_await store::maintainPartitions(database.get(), config.retention, deadline);
      if (partitions.ok()) so.partitions = *partitions;
      result = partitions.ok() ? Result<Done>(so) : Result<Done>(partitions.error());
    } else {
      result = migrated.error();
    }
  } else {
    result = connected.error();
  }
  co_await database.close();
  co_return result;
}

// A broker that has just started talks before all its queues do.
Task<Status> declare(Session& session, const amqp::Settings& settings,
                     const std::vector<std::string>& types) {
  const Deadline started = session.within(brokerStarts);
  while (true) {
    const Status declared =
        co_await queue::declareTopology(session.loop(), settings, types, session.within(patience));
    const bool tooSoon = !declared.ok() && declared.error().kind == ErrorKind::transient;
    if (!tooSoon || started.passed(session.loop().clock())) co_return declared;
    co_await sleepFor(session.loop(), askAgain);
  }
}

Task<Result<Done>> setUp(Session& session, const config::Config& config,
                         const amqp::Settings& settings) {
  auto database = co_await setUpDatabase(session, config, Done{});
  if (!database.ok()) co_return database.error();
  std::vector<std::string> types;
  for (const auto& [name, type] : config.types) types.push_back(name);
  const Status declared = co_await declare(session, settings, types);
  if (!declared.ok()) co_return declared.error();
  database->types = types.size();
  co_return *database;
}

void print(const Console& console, const Done& what) {
  if (console.json) {
    const nlohmann::json result{{"schemaBefore", what.schema.from},
                                {"schema", what.schema.to},
                                {"partitionsMade", what.partitions.made},
                                {"partitionsDropped", what.partitions.dropped},
                                {"types", what.types}};
    console.out << result.dump() << '\n';
    return;
  }
  if (what.schema.from == what.schema.to) {
    console.out << "database: schema " << what.schema.to << ", nothing to migrate\n";
  } else {
    console.out << "database: schema brought from " << what.schema.from << " to " << what.schema.to
                << '\n';
  }
  console.out << "database: " << what.partitions.made << " partitions made, "
              << what.partitions.dropped << " dropped\n"
              << "broker: queues of " << what.types
              << " types, exchanges and delay queues are there\n";
}

}  // namespace

ExitCode setup(const Environment& env) {
  const auto config = loadConfig(env);
  if (!config.ok()) return refuse(env, config.error());
  auto settings = amqpSettings(*config);
  if (!settings.ok()) return refuse(env, settings.error());
  Session session(env.clock);
  const auto result = session.loop().run(setUp(session, *config, *settings));
  if (!result.ok()) return fail(env, result.error());
  print(env.console, *result);
  return ExitCode::ok;
}

}  // namespace tidings::cli
