#include "observe/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

#include "observe/children.h"
#include "observe/process_stats.h"

namespace tidings::observe {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Seconds = std::chrono::duration<double>;

// The contract's 0.1 0.5 1 2 5 10 among them.
const Histogram::BucketBoundaries jobBuckets{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                             0.5,   1,     2,     5,    10,   30,   60};
const Histogram::BucketBoundaries waitBuckets{0.001, 0.005, 0.02, 0.1, 0.5, 1,    2,
                                              5,     10,    30,   60,  300, 1800, 3600};
const Histogram::BucketBoundaries requestBuckets{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                                 0.2,   0.5,   1,     2,    5,    10,   30};
const Histogram::BucketBoundaries statementBuckets{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                   0.05,   0.1,   0.2,   0.5,   1,    5};
const Histogram::BucketBoundaries sizeBuckets{1, 2, 5, 10, 20, 50, 100, 200, 500};

double seconds(std::chrono::nanoseconds took) { return std::max(Seconds(took).count(), 0.0); }

}  // namespace

struct Metrics::Impl {
  explicit Impl(const Options& options) : most(options.maxChildren) {}

  template <class Metric>
  Children<Metric> family(const char* name, const char* help, LabelNames labels) {
    return Children<Metric>(registry, name, help, labels, most);
  }
  Children<Histogram> histogram(const char* name, const char* help, LabelNames labels,
                                const Histogram::BucketBoundaries& buckets) {
    return Children<Histogram>(registry, name, help, labels, most, buckets);
  }

  const size_t most;
  prometheus::Registry registry;
  std::vector<Sampler> samplers;
  std::set<std::string> providers;  // that ever had a circuit
  ProcessStats process;

  Children<Counter> sent = family<Counter>(
      "notifications_sent_total", "Deliveries that ended, by how", {"type", "priority", "status"});
  Children<Histogram> processed =
      histogram("notification_processing_duration_seconds",
                "From receiving a message to acknowledging it", {"type"}, jobBuckets);
  Children<Histogram> queued =
      histogram("tidings_queue_wait_seconds", "From a message's creation to receiving it", {"type"},
                waitBuckets);
  Children<Counter> deliveries = family<Counter>(
      "tidings_deliveries_total", "Delivery states reached", {"channel", "provider", "state"});
  Children<Counter> skipped = family<Counter>("tidings_skipped_total",
                                              "Deliveries not made on purpose", {"type", "reason"});
  Children<Counter> dead =
      family<Counter>("tidings_dead_total", "Deliveries given up", {"type", "reason"});
  Children<Counter> retried = family<Counter>(
      "tidings_retries_total", "Attempts that failed and will be repeated", {"type", "channel"});
  Children<Counter> deferred =
      family<Counter>("tidings_deferred_total", "Deliveries put off", {"type", "reason"});
  Children<Counter> received = family<Counter>("tidings_received_total", "Messages received",
                                               {"type", "lane", "redelivered"});
  Children<Histogram> requests =
      histogram("tidings_provider_request_duration_seconds", "Requests to providers, by outcome",
                {"provider", "outcome"}, requestBuckets);
  Children<Gauge> circuits =
      family<Gauge>("tidings_circuit_open", "1 while a provider is left alone", {"provider"});
  Children<Counter> batches =
      family<Counter>("tidings_batches_total", "Batched database statements", {"operation"});
  Children<Counter> failedBatches = family<Counter>(
      "tidings_batch_failures_total", "Batched database statements that failed", {"operation"});
  Children<Histogram> batchTimes =
      histogram("tidings_batch_duration_seconds", "Round trip of a batched database statement",
                {"operation"}, statementBuckets);
  Children<Histogram> batchSizes = histogram(
      "tidings_batch_items", "Items in a batched database statement", {"operation"}, sizeBuckets);
  Children<Gauge> inFlight = family<Gauge>("tidings_jobs_in_flight", "Jobs being worked on", {});
  Children<Gauge> unsettled = family<Gauge>("tidings_messages_unacknowledged",
                                            "Messages received and not yet acknowledged", {});
  Children<Gauge> connected =
      family<Gauge>("tidings_connected", "1 while the connection is up", {"server"});
  Children<Counter> reconnects =
      family<Counter>("tidings_reconnects_total", "Connections made anew", {"server"});
  Children<Counter> frames =
      family<Counter>("tidings_amqp_frames_total", "AMQP frames", {"direction"});
  Children<Counter> roundTrips =
      family<Counter>("tidings_pg_round_trips_total", "Round trips to PostgreSQL", {"connection"});
  Children<Counter> cacheReads = family<Counter>(
      "tidings_profile_cache_reads_total", "Recipients looked up, by where found", {"result"});
  Children<Gauge> cacheEntries =
      family<Gauge>("tidings_profile_cache_entries", "Recipients held in memory", {});
  Children<Counter> logDrops =
      family<Counter>("tidings_log_lines_dropped_total", "Log lines nobody read fast enough", {});
  Children<Counter> cpu =
      family<Counter>("tidings_process_cpu_seconds_total", "CPU time of the process", {});
  Children<Gauge> memory =
      family<Gauge>("tidings_process_resident_bytes", "Resident memory of the process", {});
  Children<Gauge> descriptors =
      family<Gauge>("tidings_process_open_fds", "Open file descriptors of the process", {});
  Children<Gauge> started = family<Gauge>("tidings_process_start_time_seconds",
                                          "When the process started, in seconds since 1970", {});
  Children<Gauge> build =
      family<Gauge>("tidings_build_info", "Always 1; says what runs", {"version", "worker"});
};

Metrics::Metrics(Options options) : impl_(std::make_unique<Impl>(options)) {
  impl_->build.at({options.version, options.worker}).Set(1);
  impl_->started.at({}).Set(impl_->process.startTime());
}
Metrics::~Metrics() = default;

void Metrics::sent(std::string_view type, int priority, std::string_view status) {
  const char digit = static_cast<char>('0' + std::clamp(priority, 0, 9));
  impl_->sent.at({type, std::string_view(&digit, 1), status}).Increment();
}
void Metrics::processed(std::string_view type, std::chrono::nanoseconds took) {
  impl_->processed.at({type}).Observe(seconds(took));
}
void Metrics::queued(std::string_view type, std::chrono::nanoseconds waited) {
  impl_->queued.at({type}).Observe(seconds(waited));
}
void Metrics::delivery(std::string_view channel, std::string_view provider,
                       std::string_view state) {
  impl_->deliveries.at({channel, provider, state}).Increment();
}
void Metrics::skipped(std::string_view type, std::string_view reason) {
  impl_->skipped.at({type, reason}).Increment();
}
void Metrics::dead(std::string_view type, std::string_view reason) {
  impl_->dead.at({type, reason}).Increment();
}
void Metrics::retried(std::string_view type, std::string_view channel) {
  impl_->retried.at({type, channel}).Increment();
}
void Metrics::deferred(std::string_view type, std::string_view reason) {
  impl_->deferred.at({type, reason}).Increment();
}
void Metrics::received(std::string_view type, std::string_view lane, bool redelivered) {
  impl_->received.at({type, lane, redelivered ? "true" : "false"}).Increment();
}
void Metrics::providerRequest(std::string_view provider, std::string_view outcome,
                              std::chrono::nanoseconds took) {
  impl_->requests.at({provider, outcome}).Observe(seconds(took));
}
void Metrics::batch(std::string_view operation, size_t items, std::chrono::nanoseconds took) {
  impl_->batches.at({operation}).Increment();
  impl_->batchSizes.at({operation}).Observe(static_cast<double>(items));
  impl_->batchTimes.at({operation}).Observe(seconds(took));
}
void Metrics::batchFailed(std::string_view operation) {
  impl_->failedBatches.at({operation}).Increment();
}
void Metrics::inFlight(size_t jobs) { impl_->inFlight.at({}).Set(static_cast<double>(jobs)); }
void Metrics::unsettled(size_t messages) {
  impl_->unsettled.at({}).Set(static_cast<double>(messages));
}
void Metrics::circuits(const std::map<std::string, bool>& open) {
  for (const auto& [provider, isOpen] : open) impl_->providers.insert(provider);
  for (const std::string& provider : impl_->providers) {
    const auto now = open.find(provider);
    impl_->circuits.at({provider}).Set(now != open.end() && now->second ? 1 : 0);
  }
}
void Metrics::connected(std::string_view server, bool up) {
  impl_->connected.at({server}).Set(up ? 1 : 0);
}
void Metrics::reconnects(std::string_view server, uint64_t total) {
  impl_->reconnects.advance({server}, total);
}
void Metrics::amqpFrames(std::string_view direction, uint64_t total) {
  impl_->frames.advance({direction}, total);
}
void Metrics::pgRoundTrips(std::string_view connection, uint64_t total) {
  impl_->roundTrips.advance({connection}, total);
}
void Metrics::profileCache(uint64_t hits, uint64_t misses, size_t entries) {
  impl_->cacheReads.advance({"hit"}, hits);
  impl_->cacheReads.advance({"miss"}, misses);
  impl_->cacheEntries.at({}).Set(static_cast<double>(entries));
}
void Metrics::logLinesDropped(uint64_t total) { impl_->logDrops.advance({}, total); }

void Metrics::onScrape(Sampler sampler) { impl_->samplers.push_back(std::move(sampler)); }

std::string Metrics::text() {
  for (const Sampler& sample : impl_->samplers) sample(*this);
  auto& cpu = impl_->cpu.at({});
  cpu.Increment(std::max(impl_->process.cpuSeconds() - cpu.Value(), 0.0));
  impl_->memory.at({}).Set(impl_->process.residentBytes());
  impl_->descriptors.at({}).Set(impl_->process.openDescriptors());
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, impl_->registry.Collect());
  return std::move(out).str();
}

}  // namespace tidings::observe
