// The children of one metric family, found by their label values without building a label map.
// Private to this room.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/utf8.h"

namespace tidings::observe {

using LabelNames = std::initializer_list<const char*>;
using LabelValues = std::initializer_list<std::string_view>;

template <class Metric>
class Children {
 public:
  Children(prometheus::Registry& registry, const char* name, const char* help, LabelNames labels,
           size_t most, prometheus::Histogram::BucketBoundaries buckets = {})
      : labels_(labels.begin(), labels.end()), most_(most), buckets_(std::move(buckets)) {
    if constexpr (std::is_same_v<Metric, prometheus::Counter>) {
      family_ = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    } else if constexpr (std::is_same_v<Metric, prometheus::Gauge>) {
      family_ = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    } else {
      family_ = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
    }
  }

  // `values` in the order of the family's labels.
  Metric& at(LabelValues values) { return *entry(values).metric; }

  // For totals counted elsewhere: adds what is new since the last call.
  void advance(LabelValues values, uint64_t total) {
    Entry& child = entry(values);
    const uint64_t added = total >= child.seen ? total - child.seen : total;
    child.metric->Increment(static_cast<double>(added));
    child.seen = total;
  }

 private:
  struct Entry {
    Metric* metric = nullptr;
    uint64_t seen = 0;
  };

  Entry& entry(LabelValues values) {
    key_.clear();  // keeps its memory: no allocation once warm
    for (const std::string_view value : values) {
      key_ += value;
      key_ += '\x1F';
    }
    const auto found = known_.find(key_);
    return found != known_.end() ? found->second : add(values);
  }

  Entry& add(LabelValues values) {
    const bool full = known_.size() >= most_ && !labels_.empty();
    if (full && other_.metric != nullptr) return other_;
    prometheus::Labels labels;
    size_t next = 0;
    for (const std::string_view value : values) {
      labels.emplace(labels_[next++], full ? "other" : cleanText(value, maxValueBytes));
    }
    Entry& child = full ? other_ : known_[key_];
    child.metric = &make(labels);
    return child;
  }

  Metric& make(const prometheus::Labels& labels) {
    if constexpr (std::is_same_v<Metric, prometheus::Histogram>) {
      return family_->Add(labels, buckets_);
    } else {
      return family_->Add(labels);
    }
  }

  static constexpr size_t maxValueBytes = 128;

  std::vector<std::string> labels_;
  size_t most_;
  prometheus::Histogram::BucketBoundaries buckets_;
  prometheus::Family<Metric>* family_ = nullptr;
  std::unordered_map<std::string, Entry> known_;
  Entry other_;
  std::string key_;
};

}  // namespace tidings::observe
