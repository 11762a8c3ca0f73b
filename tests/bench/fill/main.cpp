// bench-fill: publishes N realistic messages with confirms, as fast as it goes or paced. Everything
// about message i follows from i. Prints one JSON line. With --stamps, writes "id microseconds" of
// the instant just before each publish.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <iostream>

#include "base/rfc3339.h"
#include "queue/publisher.h"
#include "runtime/loop.h"
#include "runtime/loop_sleep.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"

namespace {

using namespace tidings;

constexpr const char* types[] = {"comment", "like", "follow", "system"};
constexpr const char* names[] = {"Alice Andersson", "Bashir Baptiste", "Chiara Castellano",
                                 "Dmitri Dragomir", "Elif Eriksen",    "Farid Fontaine",
                                 "Grace Gutierrez", "Hiro Hashimoto"};

struct Plan {
  std::string url;
  uint64_t messages = 100'000;
  uint64_t users = 20'000;
  double rate = 0;
  std::string prefix = "bench";
  std::string stamps;
  bool mixed = false;
};

uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

struct Facts {
  uint64_t number;
  std::string recipient;
  std::string more{};  // fields
};

Facts plainFacts(const Plan& plan, uint64_t i) {
  return {i, "user-" + std::to_string(mix(i) % plan.users + 1)};
}

// What else an app sends: of each hundred one comes again, one is for somebody without an address,
// one has expired and one is to be sent in three seconds.
Facts mixedFacts(const Plan& plan, uint64_t i) {
  Facts facts = plainFacts(plan, i % 100 == 60 ? i - 40 : i);
  if (i % 100 == 61) facts.recipient = "nobody";
  if (i % 100 == 62) facts.more = R"(,"expiresAt":"2026-01-01T00:00:00Z")";
  if (i % 100 == 63) {
    const auto due = std::chrono::floor<Millis>(std::chrono::system_clock::now()) + Millis{3'000};
    facts.more = R"(,"sendAt":")" + formatRfc3339(due) + '"';
  }
  return facts;
}

std::string bodyOf(const Plan& plan, uint64_t i, const Facts& facts) {
  const uint64_t h = mix(i);
  const char* type = types[i % 4];
  char body[800];
  const int length = std::snprintf(
      body, sizeof body,
      R"({"id":"%s-%07llu","type":"%s","recipient":"%s","title":"New %s","message":"%s did something you may want to know about. Open the app to see it and to answer","data":{"actor":"%s","post":"Reading the tide tables","excerpt":"really liked the part about waiting for the morning light","url":"https://social.example/posts/%llu","count":%llu},"priority":%llu,"createdAt":"2026-01-01T00:00:00.000Z"%s})",
      plan.prefix.c_str(), static_cast<unsigned long long>(facts.number), type,
      facts.recipient.c_str(), type, names[h % 8], names[h % 8],
      static_cast<unsigned long long>(h % 1'000'000), static_cast<unsigned long long>(h % 50),
      static_cast<unsigned long long>(1 + i % 3), facts.more.c_str());
  return {body, static_cast<size_t>(length)};
}

queue::Outgoing messageOf(const Plan& plan, uint64_t i) {
  const Facts facts = plan.mixed ? mixedFacts(plan, i) : plainFacts(plan, i);
  queue::Outgoing out;
  out.routingKey = std::string("notifications.") + types[i % 4];
  const bool malformed = plan.mixed && i % 100 == 64;
  out.body = malformed ? "{" : bodyOf(plan, i, facts);
  out.properties.contentType = "application/json";
  return out;
}

struct Run {
  Loop& loop;
  queue::Publisher& publisher;
  const Plan& plan;
  Semaphore window;
  std::ofstream stamps{};
  uint64_t failed = 0;
};

Task<void> publishOne(Run& run, uint64_t i, Semaphore::Permit permit) {
  queue::Outgoing message = messageOf(run.plan, i);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  if (run.stamps.is_open())
    run.stamps << run.plan.prefix << '-' << std::setw(7) << std::setfill('0') << i << ' '
               << micros.count() << '\n';
  const Status sent = co_await run.publisher.publish(
      std::move(message), Deadline::after(run.loop.clock(), Millis{60'000}));
  if (!sent.ok() && run.failed++ == 0) std::cerr << "bench-fill: " << sent.error().message << '\n';
  permit = Semaphore::Permit{};
}

Task<void> publishAll(Run& run) {
  Scope scope;
  const MonoTime start = run.loop.clock().mono();
  for (uint64_t i = 0; i < run.plan.messages; ++i) {
    if (run.plan.rate > 0) {
      const auto due =
          start + std::chrono::duration_cast<MonoTime::duration>(
                      std::chrono::duration<double>(static_cast<double>(i) / run.plan.rate));
      const auto wait = std::chrono::ceil<Millis>(due - run.loop.clock().mono());
      if (wait > Millis{0}) co_await sleepFor(run.loop, wait);
    }
    Semaphore::Permit permit = co_await run.window.acquire();
    scope.spawn(publishOne(run, i, std::move(permit)));
  }
  co_await scope.join();
  co_await run.publisher.close(Deadline::after(run.loop.clock(), Millis{5'000}));
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  CLI::App app{"Fills the queues of the benchmark."};
  app.add_option("--url", plan.url)->envname("TIDINGS_AMQP_URL")->required();
  app.add_option("--messages", plan.messages);
  app.add_option("--users", plan.users);
  app.add_option("--rate", plan.rate, "messages per second; 0: as fast as it goes");
  app.add_option("--prefix", plan.prefix);
  app.add_option("--stamps", plan.stamps);
  app.add_flag("--mixed", plan.mixed, "with repeats, malformed, expired, delayed, unknown people");
  CLI11_PARSE(app, argc, argv);

  const SystemClock clock;
  Loop loop(clock);
  auto endpoints = amqp::parseUrls({plan.url});
  if (!endpoints.ok()) return std::cerr << endpoints.error().message << '\n', 2;
  queue::Publisher::Options options;
  options.amqp.endpoints = std::move(*endpoints);
  queue::Publisher publisher(loop, options);
  publisher.start();
  Run run{.loop = loop, .publisher = publisher, .plan = plan, .window = Semaphore(loop, 2'000)};
  if (!plan.stamps.empty()) run.stamps.open(plan.stamps);
  const MonoTime start = clock.mono();
  loop.run(publishAll(run));
  const std::chrono::duration<double> took = clock.mono() - start;
  std::printf("{\"messages\":%llu,\"failed\":%llu,\"seconds\":%.3f}\n",
              static_cast<unsigned long long>(plan.messages),
              static_cast<unsigned long long>(run.failed), took.count());
  return run.failed == 0 ? 0 : 1;
}
