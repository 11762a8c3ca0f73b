// What a worker counts, in Prometheus' text format. Hides prometheus-cpp. docs/metrics.md lists the
// names; those that begin with `notifications_` are a promise to dashboards.
//
// The calls of the hot path cost a hash look-up and an atomic add: label children are made once and
// kept. A family holds at most `maxChildren` of them; what comes later is counted under "other", so
// foreign label values can't grow the memory without bound. Numbers that another part counts anyway
// are set by a sampler, which runs at each scrape.
//
// Owner: the program's main function. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tidings::observe {

class Metrics {
 public:
  struct Options {
    std::string version = "unknown";
    std::string worker = {};  // the worker's name, a label of tidings_build_info only
    size_t maxChildren = 1000;
  };

  explicit Metrics(Options options);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // notifications_sent_total: one per delivery that ended; status: sent, skipped, dead.
  void sent(std::string_view type, int priority, std::string_view status);
  // notification_processing_duration_seconds: from receiving the message to its acknowledgement.
  void processed(std::string_view type, std::chrono::nanoseconds took);
  // From the message's createdAt (or the broker's timestamp) to receiving it; negative counts as 0.
  void queued(std::string_view type, std::chrono::nanoseconds waited);

  void delivery(std::string_view channel, std::string_view provider, std::string_view state);
  void skipped(std::string_view type, std::string_view reason);
  void dead(std::string_view type, std::string_view reason);
  void retried(std::string_view type, std::string_view channel);
  void deferred(std::string_view type, std::string_view reason);
  void received(std::string_view type, std::string_view lane, bool redelivered);

  // One answered (or failed) request; outcome as toString(OutcomeKind).
  void providerRequest(std::string_view provider, std::string_view outcome,
                       std::chrono::nanoseconds took);

  // One batched statement; operation: claim, settle, profiles, …
  void batch(std::string_view operation, size_t items, std::chrono::nanoseconds took);
  void batchFailed(std::string_view operation);

  // Gauges, and totals counted elsewhere: set from a sampler. A total that went down (a new
  // connection counts from 0 again) goes on from where it was.
  void inFlight(size_t jobs);
  void unsettled(size_t messages);  // received, not yet acknowledged
  // Of all providers there are; one that is gone counts as closed.
  void circuits(const std::map<std::string, bool>& open);
  void connected(std::string_view server /* amqp_consume, amqp_publish, postgres */, bool up);
  void reconnects(std::string_view server, uint64_t total);
  void amqpFrames(std::string_view direction /* in, out */, uint64_t total);
  void pgRoundTrips(std::string_view connection, uint64_t total);
  void profileCache(uint64_t hits, uint64_t misses, size_t entries);
  void logLinesDropped(uint64_t total);

  using Sampler = std::function<void(Metrics&)>;
  void onScrape(Sampler sampler);

  // The whole exposition, and its content type.
  std::string text();
  static constexpr std::string_view contentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidings::observe
